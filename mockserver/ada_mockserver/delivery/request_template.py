"""The requests of many deliveries to one endpoint: all that they share is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ada_mockserver.delivery.attempt import delivery_headers
from ada_mockserver.delivery.request_bytes import encode_head, parse_url
from ada_mockserver.delivery.signing import Signer, authentic_headers
from ada_schemas.contract.profile import filled

if TYPE_CHECKING:
    from ada_mockserver.delivery.endpoint import Endpoint

__all__ = ["RequestTemplate"]

_SLOTS = ("id", "timestamp", "signature", "length")


class RequestTemplate:
    """Makes the bytes that `attempt.signed_request` and `request_bytes.encode` would make, much faster.

    It is made by them: a request with marks in place of what differs, taken apart at the marks. Raises
    `UsageError` for a secret, a header or a URL that cannot be used.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.target = parse_url(endpoint.url)
        mark = "\x01"
        while any(mark in value for _, value in (*endpoint.headers, *endpoint.further)):
            mark += "\x01"
        marks = {slot: f"{mark}{slot}{mark}" for slot in _SLOTS}
        given = authentic_headers(
            endpoint.secrets, message_id="", timestamp="", body=b"", families=endpoint.families
        )
        marked = tuple((name, marks[name.rpartition("-")[2]]) for name, _ in given)
        own = filled(endpoint.further, message_id=marks["id"], timestamp=marks["timestamp"])
        headers = delivery_headers((*marked, *own), endpoint.headers)
        head = encode_head("POST", headers, self.target, length=marks["length"]).replace(b"%", b"%%")
        for slot, text in marks.items():
            head = head.replace(text.encode(), f"%({slot}){'d' if slot == 'length' else 'b'}".encode())
        self._head = head
        self._sign = Signer(endpoint.secrets).signature if endpoint.secrets else None
        self._second = -1
        self._dotted = self._current = b""

    def request(self, message_id: bytes, second: int, body: bytes) -> bytes:
        """One request, signed over exactly these bytes; ``second`` is Unix time."""
        if second != self._second:
            self._dotted = b".%d." % second
            slots = {b"id": b"%(id)b", b"timestamp": b"%d" % second, b"signature": b"%(signature)b"}
            self._current = self._head.replace(b"%%", b"%%%%").replace(b"%(length)d", b"%%(length)d") % slots
            self._second = second
        signature = b"" if self._sign is None else self._sign(message_id + self._dotted + body)
        return self._current % {b"id": message_id, b"signature": signature, b"length": len(body)} + body
