"""Deliveries a second to nginx on a core of its own, beside other senders."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from contenders.senders import body_of, headers_of
from measuring import Contender, Part, Run, measured, node_worker, python_worker, rated, run_part
from signing import SECRET

from ada_mockserver.delivery.signing import parse_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["delivery", "nginx"]

CONCURRENCY = "50"
CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location = /status {{ stub_status; }}
    location / {{ return 200; }}
  }}
}}
"""


def nginx() -> str | None:
    """The program, which Debian keeps where the path of a user does not lead."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def two_cores() -> bool:
    """True if the server and the senders can have a core each."""
    return (os.cpu_count() or 1) > 1 and shutil.which("taskset") is not None


@contextmanager
def served(program: str, folder: Path) -> Iterator[str]:
    """The URL of a nginx that answers 200 to all."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port), encoding="utf-8")
    pinned = ["taskset", "-c", "1"] if two_cores() else []
    process = subprocess.Popen(
        [*pinned, program, "-p", folder, "-c", configuration], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def delivery(run: Run) -> list[Part]:
    """The table of delivery."""
    cores = (
        "nginx has a core of its own, the senders another" if two_cores() else "All share the cores there are"
    )
    part = Part(
        "Delivery",
        f"Requests a second to nginx (`return 200`, its default for kept connections), {CONCURRENCY} at a "
        f"time. {cores}. wrk and autocannon repeat one request that was signed once: no limit of a sender "
        "that signs, but of the wire. httpx, aiohttp and adakit have bodies of their own for each request, "
        "ready before the time starts, and sign each (`adakit send` makes up to 128 MiB of events before "
        "it begins, and tells the time from then on); what counts is what nginx has received. Latencies "
        "in milliseconds, as each sender sees them.",
        ["", "requests/s", "of wrk", "spread", "p50", "p99"],
    )
    program = nginx()
    if program is None:
        part.left_out.append("all of it, for lack of nginx (Debian: nginx-light)")
        return [part]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        body = body_of(1)
        headers = headers_of(parse_secret(SECRET), body)
        fixed, script = folder / "request.json", folder / "request.lua"
        fixed.write_text(json.dumps({"headers": headers, "body": body.decode()}), encoding="utf-8")
        lines = [f"wrk.headers[{json.dumps(key)}] = {json.dumps(value)}" for key, value in headers.items()]
        script.write_text(
            "\n".join(['wrk.method = "POST"', f"wrk.body = {json.dumps(body.decode())}", *lines]),
            encoding="utf-8",
        )
        with served(program, folder) as url:

            def sender(
                name: str,
                interpreter: str | Path,
                function: str,
                last: str | Path = SECRET,
                by_time: bool = False,
            ) -> Contender:
                command = python_worker(interpreter, f"contenders.senders:{function}", url, CONCURRENCY, last)
                return Contender(name, command, by_time=by_time, core=0 if two_cores() else None)

            contenders = [
                sender("`adakit send conversation`", sys.executable, "make_send"),
                sender("`adakit send --payload`", sys.executable, "make_send_file"),
                sender("aiohttp", run.peers, "make_aiohttp"),
                sender("httpx", run.peers, "make_httpx"),
                Contender(
                    "autocannon (Node), one body",
                    node_worker("post.mjs", url, CONCURRENCY, fixed),
                    by_time=True,
                    core=0 if two_cores() else None,
                ),
            ]
            if shutil.which("wrk"):
                contenders.insert(
                    0, sender("wrk, one body", sys.executable, "make_wrk", script, by_time=True)
                )
            else:
                part.left_out.append("wrk, which is not there (Debian: wrk)")
            results, left_out = measured(contenders, rounds=run.rounds, seconds=run.seconds * 1.4)
            part.left_out += left_out
    rated(part, results, "wrk, one body", "p50", "p99")
    return [part]


if __name__ == "__main__":
    run_part(delivery, __doc__)
