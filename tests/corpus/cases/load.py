"""Large bodies and many at once."""

from __future__ import annotations

from functools import partial

from corpus.payloads import message
from corpus.probe import burst, case, send

load = partial(case, "size-burst")
load(
    "express-body-100kb",
    "The parser for raw bodies has its default limit of 100 KB.",
    send(message("x" * 150_000)),
    "413 rejected",
)
load(
    "asgi-first-chunk",
    "Reads the first part of the body only, so large ones fail verification.",
    send(message("x" * 400_000)),
    "401 rejected",
)
load(
    "aiohttp-body-64k",
    "Accepts bodies of 64 KB at most.",
    send(message("x" * 80_000)),
    "413 rejected",
)
load(
    "flask-global-lock",
    "Holds one lock for the second every event takes, so twenty at once take longer than Svix waits.",
    burst([message() for _ in range(20)]),
    ("slow none", "slow handled"),
    lenient=True,
)
load(
    "django-sequence-race",
    "Numbers events without a lock, so that concurrent ones break a unique constraint.",
    burst([message() for _ in range(8)]),
    "500 rejected",
    lenient=True,
)
load(
    "fastapi-pool-of-five",
    "Waits briefly for one of five connections, so that of more than five at once some are answered 500.",
    burst([message() for _ in range(20)]),
    "500 rejected",
    lenient=True,
)
load(
    "node-http-string-chunks",
    "Joins the parts of the body as text, which breaks characters that lie across two of them.",
    send(message("Où ça " * 2000), pieces=1001),
    "401 rejected",
)
load(
    "fastapi-shared-event",
    "Keeps the current event on the consumer while it waits, so that concurrent ones are mixed up.",
    burst([message() for _ in range(10)]),
    "ok ignored",
    lenient=True,
)
load(
    "django-body-64k",
    "Accepts bodies of 64 KB at most.",
    send(message("x" * 80_000)),
    "400 rejected",
)
load(
    "express-module-variable",
    "Keeps the current event in a module's variable while it waits, so that concurrent ones are mixed up.",
    burst([message() for _ in range(10)]),
    "ok ignored",
    lenient=True,
)
