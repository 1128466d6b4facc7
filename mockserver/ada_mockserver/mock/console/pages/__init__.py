"""The pages, one module each with a ``Page`` named ``PAGE``."""
