"""The correct consumers, and where each may lawfully depart from handling everything."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.probe import framework_of


@dataclass(frozen=True)
class Correct:
    """A consumer without a bug."""

    id: str
    about: str
    may: frozenset[str]
    """`ignore` some events, `refuse` payloads without identity, be `busy` (503) or `twin` (409), `raise` on a
    malformed signature header, `stale` (ignore old updates)."""
    split: str

    @property
    def framework(self) -> str:
        """The framework it is written in."""
        return framework_of(self.id)


ABOUT = [
    (
        "fastapi-base",
        "Pydantic models with everything optional and extra members allowed; 200 to duplicates.",
        "",
    ),
    ("flask-base", "Dictionaries; verifies by hand.", ""),
    ("django-base", "Unmanaged models with open columns.", ""),
    ("aiohttp-base", "Dataclasses and match with defaults.", ""),
    ("express-base", "Express with a raw body; verifies by hand.", ""),
    ("node-http-base", "node:http without a framework.", ""),
    ("asgi-base", "ASGI without a framework.", ""),
    ("wsgi-base", "WSGI without a framework.", ""),
    ("fastapi-textbook-svix", "The FastAPI example of the Svix documentation.", "raise"),
    ("flask-textbook-svix", "The Flask example of the Svix documentation.", "raise"),
    ("django-textbook-svix", "The Django example of the Svix documentation.", "raise"),
    ("express-textbook-svix", "The Express example of the Svix documentation, with bodyParser.raw.", ""),
    ("flask-textbook-standardwebhooks", "The Standard Webhooks library in Flask.", ""),
    ("express-textbook-standardwebhooks", "The Standard Webhooks library in Express.", ""),
    ("fastapi-queue-202", "Answers 202 and works through a queue afterwards.", ""),
    ("flask-worker-thread", "Answers 202 and works in a thread afterwards.", ""),
    ("aiohttp-worker", "Answers 200 and works in a task afterwards.", ""),
    ("wsgi-204", "Answers 204.", ""),
    ("aiohttp-204", "Answers 204.", ""),
    ("fastapi-created-201", "Answers 201.", ""),
    (
        "flask-some-events",
        "Wants messages and ends only; answers 200 to the others and ignores them.",
        "ignore",
    ),
    ("express-some-events", "Wants ends only; answers 200 to the others and ignores them.", "ignore"),
    ("django-twin-409", "Answers 409 to a concurrent twin and 200 to a later one.", "twin"),
    ("fastapi-refuses-anonymous", "Answers 400 to a conversation event without conversation_id.", "refuse"),
    ("flask-refuses-anonymous", "Answers 422 where identity members are missing.", "refuse"),
    ("express-overload-503", "Answers 503 with Retry-After while four deliveries are in progress.", "busy"),
    ("aiohttp-overload-503", "Answers 503 with Retry-After while four deliveries are in progress.", "busy"),
    ("aiohttp-stale-updates", "Ignores updates of an end user that are older than what it has.", "stale"),
    ("node-http-stale-updates", "Ignores updates of an end user that are older than what it has.", "stale"),
    ("aiohttp-buffer-and-sort", "Collects events for half a second and applies them sorted.", ""),
    ("flask-typeddict", "Reads into a TypedDict what it needs.", ""),
    ("django-slow-300ms", "Takes 300 ms over every event.", ""),
    ("express-slow-300ms", "Takes 300 ms over every event.", ""),
    ("go-base", "net/http, structs with pointers, HMAC from crypto/hmac.", ""),
    ("java-base", "The HttpServer of the JDK, records bound by Jackson.", ""),
    ("php-base", "Plain PHP on its built-in server with eight workers; SQLite.", ""),
    ("ruby-base", "A Rack application on Puma; JSON, OpenSSL and a mutex.", ""),
    ("fastify-base", "Fastify with loose zod schemas and the svix library.", ""),
    ("hono-base", "Hono on @hono/node-server with the svix library.", ""),
    ("lambda-base", "A Lambda function behind an HTTP API; a transaction for each delivery.", ""),
    ("lambda-base64", "The same behind a gateway that encodes every body in base64.", ""),
    ("queue-base", "Flask stores and answers 200; a worker handles it two seconds later.", ""),
    ("go-goroutine", "Answers 202 and works in a goroutine with a context of its own.", ""),
    ("go-conversations-only", "Wants conversations; answers 204 to the others and ignores them.", "ignore"),
    ("java-string-body", "Verifies over the body as a String, decoded and encoded as UTF-8.", ""),
    ("java-one-thread", "The HttpServer without an executor, which answers one request at a time.", ""),
    ("php-one-worker", "The built-in server with one worker, which answers one request at a time.", ""),
    ("ruby-webrick", "The Rack application on WEBrick.", ""),
    ("fastify-dead-letter", "Acknowledges and keeps what does not fit the schema.", ""),
    ("hono-slow-200ms", "Takes 200 ms over every event.", ""),
    ("lambda-rest-api", "Behind a REST API, whose events have headers as they were sent.", ""),
    ("queue-202", "Answers 202; three workers claim their jobs.", ""),
]

CORRECT = {
    consumer_id: Correct(consumer_id, about, frozenset(may.split()), "tune" if place % 2 == 0 else "held-out")
    for place, (consumer_id, about, may) in enumerate(ABOUT)
}
