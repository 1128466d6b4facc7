"""What is measured: each in a process of its own, started and timed by ``measuring``."""
