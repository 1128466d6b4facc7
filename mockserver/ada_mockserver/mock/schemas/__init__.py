"""JSON Schemas of request bodies and of the script, and the validator that words what does not fit."""
