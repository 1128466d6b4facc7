"""What the Python consumers share: the witness, the store, verification, deduplication, the servers."""
