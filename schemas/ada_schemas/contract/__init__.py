"""The contract: from a document, with its corrections and constraints, to shapes and JSON Schema."""
