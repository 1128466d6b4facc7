"""The state of the mock Ada: conversations, end users and channels, changed with their events."""
