"""The Python consumers: per framework a correct base, the variants with one bug, and further correct ones."""
