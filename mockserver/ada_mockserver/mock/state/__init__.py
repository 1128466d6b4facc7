"""What the mock Ada knows: conversations, end users, channels, and how they change."""
