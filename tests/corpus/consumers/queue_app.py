"""Flask in front of a queue table, whose worker looks for work every two seconds."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from corpus.consumers.flask_base import FlaskConsumer
from corpus.core.intake import Reply
from corpus.core.registry import CONSUMERS, consumer
from corpus.core.servers import run_wsgi
from corpus.core.verify import RefusedError
from corpus.core.witness import Attempt, Witness, current, defer, note

if TYPE_CHECKING:
    from corpus.core.intake import Data, Event, Headers
    from corpus.core.rows import Row

SCHEMA = """
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE, body BLOB, state TEXT DEFAULT 'pending', failures INTEGER DEFAULT 0
)
"""


class Jobs:
    """The queue: a table with a row for each delivery."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.connection.execute(SCHEMA)

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Run one statement."""
        with self.lock:
            return self.connection.execute(statement, values)

    def add(self, key: str, body: bytes) -> int | None:
        """Enqueue a delivery unless that was done before; the number of the job."""
        added = self.execute("INSERT OR IGNORE INTO jobs (key, body) VALUES (?, ?)", key, body)
        return added.lastrowid if added.rowcount else None

    def pending(self) -> list[tuple[int, bytes]]:
        """The jobs to be done, the oldest first."""
        with self.lock:
            rows = self.connection.execute("SELECT id, body FROM jobs WHERE state = 'pending' ORDER BY id")
            return rows.fetchall()

    def claim(self, job: int) -> bool:
        """Take a job; False if another worker has it."""
        claimed = self.execute(
            "UPDATE jobs SET state = 'claimed' WHERE id = ? AND state = 'pending' RETURNING id", job
        )
        return claimed.fetchone() is not None

    def finish(self, job: int, state: str = "done") -> None:
        """Record what became of a job."""
        self.execute("UPDATE jobs SET state = ? WHERE id = ?", state, job)

    def fail(self, job: int) -> bool:
        """Count a failure; True if it was the last that is allowed."""
        self.execute("UPDATE jobs SET failures = failures + 1 WHERE id = ?", job)
        given_up = self.execute(
            "UPDATE jobs SET state = 'dead' WHERE id = ? AND failures >= 5 RETURNING id", job
        )
        return given_up.fetchone() is not None


@consumer("queue-base")
class QueueConsumer(FlaskConsumer):
    """Verifies, enqueues and answers 200; a worker does the rest."""

    pause: ClassVar[float] = 2.0
    workers: ClassVar[int] = 1

    def setup(self) -> None:
        super().setup()
        self.jobs = Jobs()
        self.attempts: dict[int, Attempt] = {}
        for _ in range(self.workers):
            threading.Thread(target=self.work, daemon=True).start()

    def receive(self, headers: Headers, body: bytes) -> Reply:
        try:
            self.authenticate(headers, body)
            self.decode(body)
        except RefusedError as refused:
            return Reply(refused.status, {"error": str(refused)})
        return self.enqueue(headers, body)

    def enqueue(self, headers: Headers, body: bytes) -> Reply:
        """Leave a delivery to the worker."""
        attempt = defer()
        job = self.jobs.add(headers["svix-id"], body)
        if job is None:
            attempt.deferred = False
            note("duplicate")
            return Reply(200, {"duplicate": True})
        self.attempts[job] = attempt
        return Reply(200, {"queued": True})

    def work(self) -> None:
        """Do what there is to do, then wait."""
        while True:
            time.sleep(self.pause)
            self.round()

    def round(self) -> None:
        """Do the jobs that are pending; one that fails is tried again in the next round."""
        for job, body in self.jobs.pending():
            try:
                self.do(job, body)
            except Exception:
                logging.exception("job %s", job)
                if self.jobs.fail(job):
                    self.settle(job)
            else:
                self.jobs.finish(job)
                self.settle(job)

    def do(self, job: int, body: bytes) -> None:
        """Handle the event of a job."""
        while job not in self.attempts:
            time.sleep(0.001)
        current.set(self.attempts[job])
        self.dispatch(json.loads(body))

    def settle(self, job: int) -> None:
        """Enter what became of a job in the witness."""
        self.seen.settle(replace(self.attempts[job]))


@consumer("queue-202")
class Accepted(QueueConsumer):
    """Answers 202, also to a repeated delivery, and has three workers that claim their jobs."""

    workers = 3

    def enqueue(self, headers: Headers, body: bytes) -> Reply:
        return replace(super().enqueue(headers, body), status=202)

    def round(self) -> None:
        for job, body in self.jobs.pending():
            if not self.jobs.claim(job):
                continue
            try:
                self.do(job, body)
            except Exception:
                logging.exception("job %s", job)
                self.jobs.finish(job, "pending")
                if self.jobs.fail(job):
                    self.settle(job)
            else:
                self.jobs.finish(job)
                self.settle(job)


class AvatarRow(QueueConsumer):
    """The bug of some of the following: it takes for granted that an author has an avatar."""

    def author(self, author: Row) -> Row:
        return super().author(author) | {"picture": author["avatar"].rsplit("/", 1)[-1]}


@consumer("queue-worker-dies")
class WorkerDies(AvatarRow):
    def round(self) -> None:
        for job, body in self.jobs.pending():
            self.do(job, body)
            self.jobs.finish(job)
            self.settle(job)


@consumer("queue-head-of-line")
class HeadOfLine(AvatarRow):
    def round(self) -> None:
        for job, body in self.jobs.pending():
            try:
                self.do(job, body)
            except Exception:
                logging.exception("job %s", job)
                return
            self.jobs.finish(job)
            self.settle(job)


@consumer("queue-taken-off-first")
class TakenOffFirst(AvatarRow):
    def round(self) -> None:
        for job, body in self.jobs.pending():
            self.jobs.finish(job)
            try:
                self.do(job, body)
            except Exception:
                logging.exception("job %s", job)
            self.settle(job)


@consumer("queue-two-workers")
class TwoWorkers(QueueConsumer):
    workers = 2

    def do(self, job: int, body: bytes) -> None:
        time.sleep(0.01)
        super().do(job, body)


@consumer("queue-latest-of-conversation")
class LatestOfConversation(QueueConsumer):
    def enqueue(self, headers: Headers, body: bytes) -> Reply:
        event = json.loads(body)
        conversation = (event.get("data") or {}).get("conversation_id")
        if conversation and event["type"] == "v1.conversation.message":
            self.jobs.execute("UPDATE jobs SET state = 'replaced' WHERE state = 'pending' AND key IN "
                              "(SELECT key FROM conversations WHERE conversation = ?)", conversation)  # fmt: skip
            self.jobs.execute("INSERT INTO conversations VALUES (?, ?)", headers["svix-id"], conversation)
        return super().enqueue(headers, body)

    def setup(self) -> None:
        super().setup()
        self.jobs.execute("CREATE TABLE conversations (key TEXT, conversation TEXT)")


@consumer("queue-payload-256kb")
class Payload256KB(QueueConsumer):
    def enqueue(self, headers: Headers, body: bytes) -> Reply:
        if len(body) > 256 * 1024:
            raise ValueError(
                "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes."
            )
        return super().enqueue(headers, body)


@consumer("queue-verifies-in-worker")
class VerifiesInWorker(QueueConsumer):
    def receive(self, headers: Headers, body: bytes) -> Reply:
        if "svix-id" not in headers:
            return Reply(400, {"error": "no id"})
        kept = {name.lower(): value for name, value in headers.items()}
        return self.enqueue(headers, json.dumps([kept, body.decode("utf-8", "replace")]).encode())

    def do(self, job: int, body: bytes) -> None:
        headers, original = json.loads(body)
        while job not in self.attempts:
            time.sleep(0.001)
        current.set(self.attempts[job])
        try:
            self.authenticate(headers, original.encode())
            event = self.decode(original.encode())
        except RefusedError:
            note("rejected")
            return
        self.dispatch(event)


@consumer("queue-zoneless-dropped")
class ZonelessDropped(QueueConsumer):
    def conversation_message(self, event: Event, data: Data) -> Reply | None:
        sent = self.when(event.get("timestamp"))
        if sent is None or sent.tzinfo is None:
            return Reply(200)
        return super().conversation_message(event, data)


def serve(consumer_id: str, secret: str, port: int) -> None:
    """Serve one consumer until the process ends."""
    logging.disable()
    seen = Witness()
    run_wsgi(CONSUMERS[consumer_id](secret, seen).application(), seen, port)
