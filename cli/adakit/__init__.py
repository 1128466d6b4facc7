"""The ``adakit`` command: contract tests and a mock sender for Ada webhooks."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
