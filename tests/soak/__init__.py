"""The soak: servers killed again and again while clients create events and the consumer fails at random."""
