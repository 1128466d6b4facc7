"""How to repeat one case: commands that carry no secret."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from ada_contract_tests.cases import Case

__all__ = ["Reproduction"]


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Gives the lines that repeat a case of one run; ``options`` are those that the run was started with."""

    target: str
    path: str | None
    seed: int
    unsigned: bool = False
    options: tuple[str, ...] = ()

    def lines(self, case: Case) -> tuple[str, ...]:
        """The commands, shell-quoted: the case alone; for a URL also sending its event, and curl."""
        where = ["--path", self.path] if self.path else []
        secret = ["--secret", "none"] if self.unsigned else []
        again = ["adakit", "check", self.target, *where, *secret, *self.options]
        lines = [shlex.join([*again, "--case", case.id, "--seed", str(self.seed)])]
        if self.target.startswith(("http://", "https://")) and case.forgery is None:
            lines += self._over_http(case, secret)
        return tuple(lines)

    def _over_http(self, case: Case, secret: list[str]) -> list[str]:
        event = "conversation.created" if case.event == "any" else case.event
        which = ["--case", case.id, "--seed", str(self.seed)]
        url = self._url()
        send = shlex.join(["adakit", "send", event, *which, "--to", url, *secret])
        generate = shlex.join(["adakit", "generate", event, *which, "-o", "event.json"])
        signed = "" if self.unsigned else " $(adakit sign event.json --format curl)"
        post = f"curl -i {shlex.quote(url)} -H content-type:application/json{signed}"
        return [send, f"{generate} && {post} --data-binary @event.json"]

    def _url(self) -> str:
        if not self.path:
            return self.target
        parts = urlsplit(self.target)
        path, _, query = self.path.partition("?")
        return urlunsplit((parts.scheme, parts.netloc, "/" + path.lstrip("/"), query, ""))
