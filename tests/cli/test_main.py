"""The command line as a whole: help, names that do not exist, and what errors become."""

from __future__ import annotations

import errno
import sys

import click
import pytest

from ada_schemas.errors import (
    AdakitError,
    DocumentError,
    MissingExtraError,
    SignatureError,
    TargetError,
    UsageError,
    WireError,
)
from adakit import __version__, cli
from adakit.commands import check
from adakit.options import POSITIVE, Finite, Whole, parse_headers, read_bytes, write_bytes


@pytest.fixture
def adakit(monkeypatch, capsys):
    """Runs the command line in this process; gives (exit code, standard output, standard error)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["adakit", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return run


@pytest.fixture
def failing(monkeypatch, adakit):
    """Runs a command that raises an error."""

    def run(error):
        @click.command()
        def command():
            raise error

        monkeypatch.setattr(cli._LateGroup, "get_command", lambda *_: command)
        return adakit("check")

    return run


def test_version(adakit):
    """The version is printed."""
    assert adakit("--version") == (0, f"adakit, version {__version__}\n", "")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(adakit, option):
    """Help lists every command with a line about it."""
    code, out, _ = adakit(option)
    assert code == 0
    assert all(f"  {name} " in out for name in cli.COMMANDS)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_help_of_every_command(adakit, command):
    """Every command has help, which begins with how it is used."""
    code, out, err = adakit(command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: adakit {command} ")


def test_nothing(adakit):
    """Without a command there is help, and exit code 2."""
    code, _, err = adakit()
    assert code == 2
    assert err.startswith("Usage: adakit ")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("chek", "Error: No such command 'chek'. Did you mean check?"),
        ("shemas", "Error: No such command 'shemas'. Did you mean schemas?"),
        ("zzz", "Error: No such command 'zzz'."),
    ],
)
def test_a_command_that_does_not_exist(adakit, given, message):
    """A wrong command suggests the nearest one."""
    code, out, err = adakit(given)
    assert (code, out, err.splitlines()[-1]) == (2, "", message)


def test_an_option_that_does_not_exist(adakit):
    """A wrong option suggests the nearest one."""
    code, _, err = adakit("check", "--acept", "2xx")
    assert code == 2
    assert "No such option" in err
    assert "--accept" in err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x."), 2),
        (DocumentError("x."), 2),
        (MissingExtraError("serve", "mock"), 2),
        (TargetError("x.", usage=True), 2),
        (TargetError("x.", usage=False), 3),
        (WireError("x.", kind="refused"), 3),
        (WireError("x.", kind="dns"), 3),
        (WireError("x.", kind="tls"), 3),
        (WireError("x.", kind="timeout"), 1),
        (WireError("x.", kind="dropped"), 1),
        (WireError("x.", kind="protocol"), 1),
        (AdakitError("x."), 1),
        (SignatureError("x.", reason="no-match"), 1),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (BrokenPipeError(), 141),
        (click.UsageError("x"), 2),
    ],
)
def test_exit_codes(failing, monkeypatch, error, code):
    """2 usage, 3 nothing answers, 1 findings and failures, 130 interrupted, 141 nobody reads on."""
    monkeypatch.setattr(cli, "_discard_output", lambda: None)
    assert failing(error)[0] == code


def test_an_error_is_a_line_with_a_next_step(failing):
    """An expected error is one line on standard error, and below it what to do."""
    error = UsageError("There is no event 'x'.", next_step="Did you mean y?\nList them.")
    assert failing(error) == (2, "", "adakit: There is no event 'x'.\n  Did you mean y?\n  List them.\n")


def test_errors_of_a_task_group(failing):
    """An error raised in a group of tasks, even in a group of groups, is the same line."""
    group = ExceptionGroup("g", [ExceptionGroup("h", [UsageError("Wrong.")]), UsageError("Other.")])
    assert failing(group) == (2, "", "adakit: Wrong.\n")


def test_a_reader_that_is_gone_in_a_task_group(failing, monkeypatch):
    """When nobody reads on while tasks print, that ends like any broken pipe."""
    monkeypatch.setattr(cli, "_discard_output", lambda: None)
    assert failing(ExceptionGroup("g", [BrokenPipeError()])) == (141, "", "")


def test_interrupted(failing):
    """An interruption is said, and nothing else."""
    code, _, err = failing(KeyboardInterrupt())
    assert (code, err.strip()) == (130, "Interrupted.")


def test_a_full_disk(failing, monkeypatch):
    """Output that cannot be written is one line."""
    monkeypatch.setattr(cli, "_discard_output", lambda: None)
    assert failing(OSError(errno.ENOSPC, "No space left on device")) == (
        2,
        "",
        "adakit: The output cannot be written: No space left on device.\n",
    )


def test_other_errors_are_not_hidden(monkeypatch):
    """An error that nobody expected keeps its traceback: it is a bug in adakit."""
    monkeypatch.setattr(cli.group, "main", lambda **_: (_ for _ in ()).throw(OSError(errno.ENOTDIR, "x")))
    with pytest.raises(NotADirectoryError):
        cli.main()


# --- what commands share ---


@pytest.mark.parametrize("given", ["nan", "inf", "-inf", "0", "-1", "x", ""])
def test_a_number_that_is_none(given):
    """Times and rates are finite numbers above zero."""
    with pytest.raises(click.BadParameter):
        POSITIVE.convert(given, None, None)


@pytest.mark.parametrize("given", ["nan", "inf", "-1"])
def test_a_budget_that_is_none(given):
    """The time of a check may be nothing, for no limit, and never what compares with no time."""
    option = next(option for option in check.command.params if option.name == "budget")
    with pytest.raises(click.BadParameter):
        option.type.convert(given, None, None)
    assert option.type.convert("0", None, None) == 0.0


def test_numbers():
    """Times and rates may be fractions; a moment may be any finite number."""
    assert POSITIVE.convert("0.5", None, None) == 0.5
    assert Finite().convert("-3", None, None) == -3.0
    with pytest.raises(click.BadParameter, match="'nan' is not a finite number"):
        Finite().convert("nan", None, None)


def test_headers():
    """Headers are names and values around the first colon."""
    assert parse_headers(("A: b", "c:d:e", "f :")) == (("A", "b"), ("c", "d:e"), ("f", ""))


@pytest.mark.parametrize("given", ["nocolon", ": x", "", " :x"])
def test_what_is_no_header(given):
    """A header without a colon or a name is a usage error that says how to write it."""
    with pytest.raises(UsageError) as caught:
        parse_headers((given,))
    assert str(caught.value) == f"{given!r} is not a header.\n  Write it as 'Name: value'."


def test_files_that_cannot_be_read(tmp_path):
    """What keeps a file from being read is said with its name."""
    for name, message in (
        (str(tmp_path / "no"), f"{tmp_path / 'no'} does not exist."),
        (str(tmp_path), f"{tmp_path} is a directory, not a file."),
        (str(tmp_path / ("x" * 300)), f"{tmp_path / ('x' * 300)} cannot be read: File name too long."),
        ("", "The name of the file is empty."),
    ):
        with pytest.raises(UsageError) as caught:
            read_bytes(name)
        assert caught.value.what == message


def test_files_that_cannot_be_written(tmp_path):
    """What keeps a file from being written is said with its name."""
    with pytest.raises(UsageError, match="cannot be written: Is a directory"):
        write_bytes(str(tmp_path), b"")
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        write_bytes(str(tmp_path / "no" / "file"), b"")


def test_closed_streams(monkeypatch):
    """Standard input or output that is closed is a usage error."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="Standard input is closed"):
        read_bytes("-")
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(UsageError, match="Standard output is closed"):
        write_bytes(None, b"")


@pytest.mark.parametrize(
    "arguments", [("\udcff",), ("check", "http://127.0.0.1:1/\udcff"), ("send", "-H", "a: \udcff")]
)
def test_argument_that_is_no_text(adakit, arguments):
    """Bytes that are not UTF-8 in an argument, which Python hands on as lone surrogates, are a usage error."""
    said = arguments[-1].replace("\udcff", "\\udcff")
    assert adakit(*arguments) == (2, "", f"adakit: The argument '{said}' is not UTF-8.\n")


@pytest.mark.parametrize("text", ["9" * 400, "-" + "9" * 400, "9007199254740992", "9" * 5000, "1e400", "nan"])
def test_whole(text):
    """A whole number is no larger than every program can hold."""
    assert Whole().convert("9007199254740991", None, None) == 2**53 - 1
    with pytest.raises(click.BadParameter):
        Whole().convert(text, None, None)
