"""How to repeat one case: commands that carry no secret."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from ada_contract_tests.suites.fuzzed import area_of, is_whole
from ada_contract_tests.suites.handoffs import is_handoff
from ada_schemas.contract.contract import shipped
from ada_schemas.contract.profile import filled

if TYPE_CHECKING:
    from ada_contract_tests.case import Case
    from ada_schemas.contract.contract import Contract

__all__ = ["Reproduction"]


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Gives the lines that repeat a case of one run.

    Of the options that the run was started with, ``wire`` are those that `check` and `send` share, ``curl``
    is what they are for curl, ``judging`` those of `check` alone
    without which a case that failed may pass, ``contract`` names a contract of one's own, ``kept`` are those
    with which a failure that was kept is tried again, ``handoff`` those of a handoff. ``known`` is the
    contract.
    """

    target: str
    path: str | None
    seed: int
    unsigned: bool = False
    wire: tuple[str, ...] = ()
    curl: tuple[str, ...] = ()
    judging: tuple[str, ...] = ()
    contract: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    handoff: tuple[str, ...] = ()
    known: Contract = field(default_factory=shipped)

    def lines(self, case: Case, *others: Case) -> tuple[str, ...]:
        """The commands, shell-quoted: the case alone; for a URL also sending its body, and curl.

        ``others`` are cases without which it is not judged. A fuzzed event that is too long for an id is
        repeated from what was kept.
        """
        where = ["--path", self.path] if self.path else []
        secret = ["--secret", "none"] if self.unsigned else []
        again = ["adakit", "check", self.target, *where, *secret, *self.wire, *self.judging, *self.contract]
        if is_handoff(case.id):
            again += self.handoff
        if not is_whole(case.id):
            which = [*self.kept, "--case", area_of(case.id)]
            return (shlex.join([*again, *which, "--seed", str(self.seed)]),)
        which = [part for one in (case, *others) for part in ("--case", one.id)]
        lines = [shlex.join([*again, *which, "--seed", str(self.seed)])]
        if self.target.lower().startswith(("http://", "https://")) and case.payload is not None:
            lines += self._over_http(case, secret)
        return tuple(lines)

    def _over_http(self, case: Case, secret: list[str]) -> list[str]:
        event = case.base_event
        which = ["--case", case.id, "--seed", str(self.seed), *self.contract]
        url = self._url()
        send = shlex.join(["adakit", "send", event, *which, "--to", url, *secret, *self.wire])
        generate = shlex.join(["adakit", "generate", event, *which, "-o", "event.json"])
        signing = shlex.join(["adakit", "sign", "event.json", "--format", "curl", *self.contract])
        profile = self.known.profile
        signed = "" if self.unsigned or not profile.families else f" $({signing})"
        further = filled(
            profile.further_headers(self.known.event(event).type),
            message_id=f"msg_{self.seed}",
            timestamp=0,
        )
        own = [part for name, value in further for part in ("-H", f"{name}:{value}")]
        post = (
            shlex.join(["curl", "-i", url, *self.curl, "-H", "content-type:application/json", *own]) + signed
        )
        return [send, f"{generate} && {post} --data-binary @event.json"]

    def _url(self) -> str:
        if not self.path:
            return self.target
        parts = urlsplit(self.target)
        path, _, query = self.path.partition("?")
        return urlunsplit((parts.scheme, parts.netloc, "/" + path.lstrip("/"), query, ""))
