"""A complete, correct Flask consumer over plain dictionaries."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from corpus.core.intake import Consumer, Reply
from corpus.core.registry import consumer
from corpus.core.rows import DictHandlers


@consumer("flask-base")
class FlaskConsumer(DictHandlers, Consumer):
    """Verifies by hand, deduplicates by svix-id, stores rows."""

    def application(self) -> Flask:
        app = Flask("consumer")

        @app.post("/webhooks/ada")
        def webhook() -> Response:
            return self.respond(self.receive(request.headers, request.get_data()))

        return app

    def respond(self, reply: Reply) -> Response:
        response = Response(status=204) if reply.status == 204 else jsonify(reply.body)
        response.status_code = reply.status
        response.headers.update(reply.headers)
        return response
