"""Installs what delivery is measured with, where it is missing; ``corpus`` is to be on the path."""

from __future__ import annotations

import shutil

from delivery import nginx

from corpus.stacks import install_packages


def main() -> None:
    """Install nginx and wrk from Debian where they are missing."""
    there = {"nginx-light": nginx(), "wrk": shutil.which("wrk")}
    install_packages([package for package, program in there.items() if program is None])


if __name__ == "__main__":
    main()
