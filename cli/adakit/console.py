"""The console that text for people is printed on."""

from __future__ import annotations

from rich.console import Console

__all__ = ["open_console"]


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave what a gone reader means to the command line, which ends every command alike."""
        raise BrokenPipeError


def open_console(*, stderr: bool = False) -> Console:
    """A console on standard output, or on standard error; it keeps to NO_COLOR and the terminal's width."""
    return _Console(stderr=stderr, highlight=False)
