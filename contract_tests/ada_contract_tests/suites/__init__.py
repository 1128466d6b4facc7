"""What is sent: the cases, a module for each kind."""
