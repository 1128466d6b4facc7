"""Tracebacks in the room that there is."""

from __future__ import annotations

from ada_contract_tests.tracebacks import traceback_lines
from support.sample_reports import TRACEBACK


def test_a_traceback_shows_the_users_own_frames():
    """Frames of installed packages are left out, paths are relative, and marks under the code are gone."""
    assert traceback_lines(TRACEBACK, 9) == [
        "...",
        '  File "handlers.py", line 42, in handle',
        '    return content["body"]',
        "KeyError: 'body'",
    ]


def test_the_frame_that_raised_is_always_shown():
    """Where an installed package raised, its frame is the last that is shown."""
    deep = TRACEBACK.replace("KeyError", '  File "/x/site-packages/lib.py", line 1, in f\n    g()\nKeyError')
    assert traceback_lines(deep, 9)[-3:] == [
        '  File ".../lib.py", line 1, in f',
        "    g()",
        "KeyError: 'body'",
    ]


def test_a_long_traceback_is_cut_from_above():
    """Of a long traceback the end is shown, from the beginning of a frame."""
    frames = "".join(f'  File "/srv/app.py", line {n}, in f{n}\n    call()\n' for n in range(30))
    lines = traceback_lines(f"Traceback (most recent call last):\n{frames}ValueError: x\n", 8)
    assert len(lines) <= 8
    assert (lines[0], lines[-1]) == ("...", "ValueError: x")
    assert lines[1].startswith('  File "/srv/app.py"')


def test_where_a_package_raised_the_users_line_stays():
    """In however little room, the user's last line and what the package raised are shown."""
    frames = "".join(f'  File "/srv/app.py", line {n}, in f{n}\n    call()\n' for n in range(9))
    raised = (
        '  File "/x/site-packages/lib.py", line 1, in f\n    raise X(\n        y\n    )\nlib.X: much\nmore\n'
    )
    text = f"Traceback (most recent call last):\n{frames}{raised}"
    assert traceback_lines(text, 5) == [
        "...",
        '  File "/srv/app.py", line 8, in f8',
        "    call()",
        '  File ".../lib.py", line 1, in f',
        "lib.X: much",
    ]
    assert traceback_lines(text, 9)[-2:] == ["lib.X: much", "more"]


def test_a_traceback_without_frames():
    """What is no traceback is shown as it is, its end if it is long."""
    assert traceback_lines("", 5) == []
    assert traceback_lines("a\n\nb\n", 5) == ["a", "b"]
    assert traceback_lines("\n".join("abcdefgh"), 3) == ["f", "g", "h"]
