"""PHP's built-in server, whose workers would outlive it: they end with this process, however it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUTER = Path(__file__).parent / "php" / "index.php"


def free_port() -> int:
    """A port that was free a moment ago: PHP does not tell which one it took."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def answers(port: int) -> bool:
    """True if something listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def serve(port: int) -> None:
    """Run the server until this process is ended."""
    port = port or free_port()
    folder = tempfile.mkdtemp(prefix="corpus-php-")
    environment = os.environ | {
        "PHP_CLI_SERVER_WORKERS": "1" if os.environ["CORPUS_BUG"] == "one-worker" else "8",
        "CORPUS_DATABASE": str(Path(folder) / "store.sqlite"),
    }
    shows = int(environment["CORPUS_BUG"] == "display-errors")
    process = subprocess.Popen(
        ["php", "-d", f"display_errors={shows}", "-d", "post_max_size=32M", "-d", "memory_limit=256M",
         "-S", f"127.0.0.1:{port}", str(ROUTER)],
        env=environment, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    # Its standard input ends with this process; then it ends the group that PHP's workers are in.
    guard = subprocess.Popen(
        ["sh", "-c", 'read -r _; kill -KILL "-$1"; rm -r "$2"', "sh", str(process.pid), folder],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while process.poll() is None and not answers(port):
        time.sleep(0.02)
    print(f"listening on {port}", flush=True)  # noqa: T201
    process.wait()
    guard.wait()
