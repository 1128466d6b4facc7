"""Hostile input for the kit's own entrances: ``python -m fuzz``, with ``tests`` on the path."""
