"""What applies to every test."""

from __future__ import annotations

# Scratch projects for the tests of the plugin; pytest takes this from the topmost conftest.py alone.
pytest_plugins = ["pytester"]
