"""The cases by family: for every consumer with a bug, one sentence on it and the probe that shows it."""

from corpus.cases import delivery, load, meaning, shapes, values

__all__ = ["delivery", "load", "meaning", "shapes", "values"]

# The last, since splits alternate in the order of registration.
from corpus.stacks import cases as stacks  # noqa: F401
