"""The pytest plugin; importing it loads pytest and the standard library alone."""
