"""The routes under /_mock: state, attempts, the clock, chaos."""
