"""Ada's REST API."""
