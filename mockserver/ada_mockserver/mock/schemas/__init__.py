"""The JSON Schemas of what the mock is given, and what is said about a value that does not fit."""
