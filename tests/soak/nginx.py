"""nginx as an endpoint: it closes, reloads and stops as asked, and logs the ``svix-id`` of each request."""

from __future__ import annotations

import asyncio
import shutil
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.raw_server import closed_port

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Nginx", "missing_nginx", "read_log"]

# What lingers when nginx is stopped was answered, and would never be logged.
CONFIGURATION = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  log_format ids '$http_svix_id $status';
  access_log {folder}/access.log ids;
  lingering_close off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {fate}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    {settings}
    location / {{
      if ($failing) {{ return 500; }}
      return 200 "ok";
    }}
  }}
}}
"""


def missing_nginx() -> str | None:
    """What is missing for nginx to run here, or None."""
    return None if _program() else "nginx is not installed (Debian's package nginx-light)"


def _program() -> str | None:
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


@dataclass
class Nginx:
    """One server in ``folder``; ``settings`` are directives, ``failing`` the share that is answered 500."""

    folder: Path
    settings: str = ""
    failing: str = ""
    port: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir()
        with closed_port() as self.port:
            pass
        fate = f'split_clients $request_id $failing {{ {self.failing} 1; * ""; }}'
        text = CONFIGURATION.format(
            folder=self.folder,
            port=self.port,
            settings=self.settings,
            fate=fate if self.failing else 'map $request_id $failing { default ""; }',
        )
        (self.folder / "nginx.conf").write_text(text)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/ada"

    async def start(self) -> None:
        """Start it; it listens when this returns."""
        await self._run()

    async def signal(self, name: str) -> None:
        """Send it ``reload``, ``quit`` or ``stop``; returns when it is gone, for the last two."""
        await self._run("-s", name)
        while name != "reload" and (self.folder / "nginx.pid").exists():  # noqa: ASYNC110 - it says so nowhere else
            await asyncio.sleep(0.01)

    async def _run(self, *arguments: str) -> None:
        program = _program()
        assert program is not None
        command = [program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), *arguments]
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        _, said = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)}: {said.decode()}")


def read_log(folder: Path) -> dict[str, list[int]]:
    """The statuses that each ``svix-id`` was answered with, in order."""
    statuses = defaultdict(list)
    for line in (folder / "access.log").read_text().splitlines():
        message_id, status = line.split()
        statuses[message_id].append(int(status))
    return statuses
