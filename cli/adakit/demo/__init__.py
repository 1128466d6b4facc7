"""The consumer that ``adakit demo`` checks, in a good form and in one with a planted bug."""
