"""Fuzzing: draws events and sequences that nobody enumerated. Needs adakit[fuzz]; imported when asked for."""
