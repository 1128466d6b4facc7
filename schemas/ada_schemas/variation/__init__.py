"""The variants of every event: each differs from a valid one in one documented degree of freedom."""
