"""One signed HTTP attempt: bytes, signature, connection. No database, no retries."""
