"""Ada's REST API as the mock serves it: requests in, state and events stored, documented answers out."""
