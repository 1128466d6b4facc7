"""An inbox for what is said in conversations with Ada: Django, with a database."""
