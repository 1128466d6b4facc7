"""A load as the command runs it: followed, summed up as text, as JSON, and as a page with charts."""
