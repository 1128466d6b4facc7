"""The files of a contract: schemas, the formats of other tools, examples, and what writes them."""
