"""Scenarios that a user writes: read, held against their rules, and told."""
