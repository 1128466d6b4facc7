"""A Django project with a database: every event becomes a row."""
