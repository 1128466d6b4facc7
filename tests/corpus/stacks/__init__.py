"""The stacks beyond Python: what they need, how they are built and started.

`python -m corpus.stacks` builds what is compiled and says which are there; `python -m corpus.stacks install`
installs from Debian what is missing before, where it may. A consumer of a stack is one program, whose one bug is
named by CORPUS_BUG: the consumer `go-nil-pointer` is the program in `stacks/go` with `nil-pointer`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

STACKS_FOLDER = Path(__file__).parent
NODE_FOLDER = STACKS_FOLDER.parent / "node"
BUILD = STACKS_FOLDER / "build"
PHP_CHECK = "exit(extension_loaded('pdo_sqlite') && extension_loaded('mbstring') ? 0 : 1);"
JACKSON = tuple(Path(f"/usr/share/java/jackson-{part}.jar") for part in ("databind", "core", "annotations"))


@dataclass(frozen=True)
class Stack:
    """What a stack needs: commands on the path, files, and the Debian packages that have them."""

    commands: tuple[str, ...]
    packages: tuple[str, ...]
    files: tuple[Path, ...] = ()
    check: tuple[str, ...] = ()
    """A command that succeeds where the libraries are there."""

    def missing(self) -> list[str]:
        """What is not there, in words."""
        lacking = [command for command in self.commands if shutil.which(command) is None]
        lacking += [str(path) for path in self.files if not path.exists()]
        if not lacking and self.check:
            checked = subprocess.run(self.check, capture_output=True, check=False)
            lacking += [] if checked.returncode == 0 else [f"a library of {', '.join(self.packages)}"]
        return lacking


def node(*modules: str) -> Stack:
    """A stack on Node, whose modules are installed by `npm ci` in `node/`."""
    return Stack(("node",), (), tuple(NODE_FOLDER / "node_modules" / module for module in modules))


STACKS = {
    "go": Stack(("go",), ("golang-go",)),
    "java": Stack(("java", "javac"), ("default-jdk-headless", "libjackson2-databind-java"), JACKSON),
    "php": Stack(("php",), ("php-cli", "php-mbstring", "php-sqlite3"), check=("php", "-r", PHP_CHECK)),
    "ruby": Stack(
        ("ruby",),
        ("ruby", "ruby-rack", "puma", "ruby-webrick"),
        check=("ruby", "-e", "require 'rack'; require 'puma'; require 'webrick'"),
    ),
    "fastify": node("fastify", "zod", "svix"),
    "hono": node("hono", "@hono/node-server", "svix"),
    "lambda": node("svix"),
}
COMPILED = {
    "go": lambda: ["go", "build", "-o", str(BUILD / "go" / "consumer"), "."],
    "java": lambda: ["javac", "-cp", classpath(), "-d", str(BUILD / "java"), *sources("java", "*.java")],
}


def classpath() -> str:
    """Where Java finds Jackson and the compiled consumer."""
    return os.pathsep.join([*map(str, JACKSON), str(BUILD / "java")])


def sources(stack: str, pattern: str) -> list[str]:
    """The source files of a stack."""
    return sorted(str(path) for path in (STACKS_FOLDER / stack).glob(pattern))


def built(stack: str) -> None:
    """Compile a stack, unless what is compiled is newer than its sources."""
    if stack not in COMPILED:
        return
    stamp = BUILD / stack / ".built"
    newest = max(path.stat().st_mtime for path in (STACKS_FOLDER / stack).iterdir())
    stamp.parent.mkdir(parents=True, exist_ok=True)
    with (BUILD / f"{stack}.lock").open("w") as lock:
        # Two consumers that start together build once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.stat().st_mtime >= newest:
            return
        environment = {"GOCACHE": str(BUILD / "go-cache"), "GOFLAGS": "-buildvcs=false", **os.environ}
        subprocess.run(COMPILED[stack](), cwd=STACKS_FOLDER / stack, env=environment, check=True)
        stamp.touch()


def command(consumer_id: str, framework: str) -> list[str]:
    """The command that runs a consumer in the place of the launcher."""
    if framework in {"fastify", "hono", "lambda"}:
        return ["node", str(NODE_FOLDER / "stacks.mjs"), consumer_id]
    return {
        "go": [str(BUILD / "go" / "consumer")],
        "java": ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", classpath(), "Consumer"],
        "ruby": ["ruby", str(STACKS_FOLDER / "ruby" / "server.rb")],
    }[framework]


def run(consumer_id: str, framework: str, port: int) -> None:
    """Become the consumer; exit where its stack is not there."""
    if lacking := STACKS[framework].missing():
        sys.exit(f"{framework} is not installed: {', '.join(lacking)}; python -m corpus.stacks install")
    built(framework)
    bug = consumer_id.removeprefix(f"{framework}-")
    os.environ |= {"CORPUS_BUG": "" if bug == "base" else bug, "CORPUS_PORT": str(port)}
    if framework == "php":
        from corpus.stacks import php_server

        php_server.serve(port)
        return
    argv = command(consumer_id, framework)
    os.execvp(argv[0], argv)  # noqa: S606 - the process to end is the one that was started


def install() -> None:
    """Install the Debian packages that are missing, where apt-get is there and may."""
    install_packages(
        [name for stack in STACKS.values() if stack.packages and stack.missing() for name in stack.packages]
    )


def install_packages(wanted: list[str]) -> None:
    """Install these Debian packages, where apt-get is there and may."""
    if wanted and shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        if not root or shutil.which("sudo"):
            quietly = {
                "stdout": subprocess.DEVNULL,
                "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            }
            subprocess.run([*root, "apt-get", "update", "-qq"], check=False, **quietly)
            subprocess.run(
                [*root, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted],
                check=False, **quietly,
            )  # fmt: skip


def build() -> None:
    """Build what is compiled, of the stacks that are there."""
    for name in COMPILED:
        if not STACKS[name].missing():
            built(name)


def left_out() -> dict[str, str]:
    """The stacks that cannot run here, and why."""
    return {name: ", ".join(lacking) for name, stack in STACKS.items() if (lacking := stack.missing())}
