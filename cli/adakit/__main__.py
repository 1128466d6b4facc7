"""``python -m adakit``."""

from __future__ import annotations

from adakit.cli import main

if __name__ == "__main__":
    main()
