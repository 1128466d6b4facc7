"""All the consumers: importing this enters every one of them in the catalogue."""

from corpus.deep import (  # noqa: F401
    crm,
    desk,
    insights,
    interactions,
    lenient,
    ranges,
    sequences,
    texts,
)
from corpus.deep.catalogue import BUGS, CLASSES, CORRECT

__all__ = ["BUGS", "CLASSES", "CORRECT"]
