"""The outbox: every event is stored before the call that caused it returns, then delivered with retries."""
