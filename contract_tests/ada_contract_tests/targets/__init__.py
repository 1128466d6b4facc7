"""Targets: where a delivery meets the consumer under test."""
