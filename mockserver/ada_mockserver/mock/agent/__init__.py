"""The AI Agent: its script, its replies, and the conversations that it simulates."""
