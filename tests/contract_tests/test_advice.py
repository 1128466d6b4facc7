"""Advice: a faulty consumer each, in process, and the sentences that a team reads about it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, HttpUrl

from ada_contract_tests.engine.check import Options, run_cases
from ada_contract_tests.suites.registry import case_named
from ada_contract_tests.targets.open import Secret, application_target
from ada_mockserver.clock import SystemClock
from support.fake_targets import SECRET

FILE = "conversation.message/union:data.content:file"
STATUSES = {200: "200 OK", 400: "400 Bad Request", 401: "401 Unauthorized", 422: "422 Unprocessable Content"}


def findings(handle, *cases):
    """The findings of cases against a WSGI consumer that calls ``handle(event)``; None means 200."""

    def application(environ, start_response):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        status, said = handle(json.loads(body)) or (200, "")
        start_response(STATUSES[status], [])
        return [said.encode()]

    async def main():
        clock = SystemClock()
        target = application_target(application, "wsgi", name="app:app", path="/", clock=clock)
        await target.start()
        try:
            chosen = [case_named(case) for case in cases]
            return await run_cases(
                chosen, target, Secret(SECRET, given=True), Options(seed=1), clock=clock, target="app:app"
            )
        finally:
            await target.stop()

    return asyncio.run(main()).findings


def content(event):
    return event["data"]["content"]


class Address(BaseModel):
    url: HttpUrl


class Author(BaseModel):
    role: Literal["end_user", "ai_agent", "human_agent"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    conversation_id: Any = None
    channel_id: Any = None
    created_at: Any = None
    end_user_id: Any = None
    metadata: Any = None
    ai_agent_domain: Any = None


class Profile(BaseModel):
    email: str


def stores(column, value):
    def handle(event):
        with sqlite3.connect(":memory:") as db:
            db.execute(f"CREATE TABLE kept (value {column})")
            db.execute("INSERT INTO kept VALUES (?)", (value(event),))

    return handle


def long_address(event):
    Address(url="https://files.example/" + "a" * 2100)
