"""Ada's OpenAPI document, reduced to what the mock serves, and the mock tried against it."""
