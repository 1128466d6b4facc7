"""Every operation of the document: its example is answered, and every error that it documents is provoked.

The operations, their examples and their errors come from the document; what must be there before they can be
called from ``staging``.
"""

from __future__ import annotations

import pytest

from ada_document.answers import Answers, known_documents
from ada_document.staging import adapted, example, knowledge_article, thing
from ada_mockserver.mock.api.document import document
from support.integration_stage import connected, create

OPERATIONS = document().operations
MISSING = "5f7e0e2c1e7c7e000f0f9c3b"
ANSWERS = [Answers.of_the_mock(), *known_documents()]


def called(api, operation, **options):
    """Call an operation with its documented example, about things that are there; returns the response."""
    path, query, body = ready(api, operation)
    if body is not None:
        options.setdefault("json", body)
    if operation.id == "upload-attachment":
        options["files"] = {"file": ("photo.png", b"\x89PNG", "image/png")}
    if operation.id == "get-installation":  # its own, which an access token has
        made = create(api)
        path = path.replace(path.split("/")[3], made["id"])
        options["headers"] = connected(api, made)[2]
    return api.request(operation.method, f"http://mock.test/api{path}", params=query, **options)


def ready(api, operation):
    """The path, the query and the body of a call that works."""
    found = {}
    path = operation.path
    for parameter, kind in operation.things.items():
        if kind not in found:
            found[kind] = thing(api.ok, kind)
        path = path.replace(f"{{{parameter}}}", found[kind])
    if operation.id in BEFORE:
        BEFORE[operation.id](api.ok)
    body = None
    if operation.body is not None and operation.body.media_type == "application/json":
        body = adapted(api.ok, operation.id)
    return path, QUERIES.get(operation.id, {}), body


QUERIES = {
    "list-channels": {"type": "custom"},
    "list-audit-events": {"start_date": "2023-11-14T00:00:00Z"},
    "delete-articles": {"language": "en"},
    "export-conversations": {"created_since": "2023-11-14T00:00:00Z"},
    "export-messages": {"created_since": "2023-11-14T00:00:00Z"},
}
"""Queries of operations that need one."""

BEFORE = {"delete-articles": knowledge_article}
"""What must be there for operations besides what their paths name."""


def provoked_again(api, operation):
    """The same call once more."""
    called(api, operation)
    return called(api, operation)


def taken_external_id(api, operation):
    """An external id that another end user has."""
    api.ok("POST", "/end-users/", {"external_id": "taken"})
    return called(api, operation, json={"external_id": "taken", "profile": {}})


def taken_title(api, operation):
    """A title that another instruction has."""
    api.ok("POST", "/custom-instructions/", {"title": "Taken", "text": "x"})
    return called(api, operation, json={**example(operation.id), "title": "Taken"})


def no_handoff(api, operation):
    """A conversation that is in no handoff."""
    path = operation.path.replace("{conversation_id}", api.conversation()["id"])
    return api.request(operation.method, f"http://mock.test/api{path}")


def foreign_address(api, operation):
    """An address that Ada gave another AI Agent."""
    return called(api, operation, json={**example(operation.id), "reply_as": "support@other.ada.support"})


PROVOKED = {
    ("create-email-conversation", 422): foreign_address,
    ("create-source", 409): provoked_again,
    ("create-instruction", 409): taken_title,
    ("update-instruction", 409): taken_title,
    ("update-end-user", 409): taken_external_id,
    ("end-handoff", 422): no_handoff,
}
"""How errors are provoked that are an operation's own."""

every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def check(operation, response, status):
    """The status of an answer, and what each document says of it."""
    assert response.status_code == status, response.text
    for answers in ANSWERS:
        assert answers.problems(operation, response) == [], answers.name
    if status >= 400:
        (error,) = response.json()["errors"]
        assert set(error) == {"type", "message", "details"}
        assert error["message"]


@every_operation
def test_example(api, operation):
    """The documented example is answered as documented."""
    response = called(api, operation)
    check(operation, response, response.status_code)
    assert 200 <= response.status_code < 300


@every_operation
def test_no_key(api, operation):
    """Without a key nothing else counts: not whether the path names a thing, nor the body."""
    response = missing(api, operation, headers={"authorization": "Bearer wrong"}, content=b"{")
    check(operation, response, 401)


@every_operation
def test_access_token(api, operation):
    """An access token that was not granted what an operation needs gets nothing, whatever the path names."""
    scopes = ["article_tags:read"] if operation.scope != "article_tags:read" else ["articles:read"]
    headers = connected(api, create(api, scopes=scopes))[2]
    response = missing(api, operation, headers=headers, content=b"{")
    always = operation.scope is not None and operation.scope.startswith("platform_integration_installations:")
    check(operation, response, 404 if always else 403)


def missing(api, operation, **options):
    """Call an operation about things that are not there."""
    path = operation.path
    for parameter in operation.things:
        path = path.replace(f"{{{parameter}}}", MISSING)
    return api.request(operation.method, f"http://mock.test/api{path}", **options)


def test_another_method(api):
    """A method that a path does not have is refused, and the ones that it has are named."""
    for path in {operation.path for operation in OPERATIONS.values() if not operation.things}:
        response = api.request("PUT", f"http://mock.test/api{path}", content=b"{")
        assert response.status_code == 405
        assert response.json()["errors"][0]["message"] == "Method Not Allowed."
        known = {each.method for each in OPERATIONS.values() if each.path == path}
        assert known <= set(response.headers["allow"].replace(" ", "").split(","))


@every_operation
def test_too_often(make_api, operation):
    """Whoever calls too often is told so before it is looked for what the path names."""
    api = make_api(rate_limited=True)
    most = min(limit.calls for _, limits in operation.rates for limit in limits)
    for _ in range(most):
        assert missing(api, operation, content=b"{").status_code not in (401, 429)
    check(operation, missing(api, operation, content=b"{"), 429)


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS.values() if each.things], ids=lambda operation: operation.id
)
def test_nothing_there(api, operation):
    """What the path names is looked for before the query and the body are read."""
    response = missing(
        api, operation, content=b"{", headers={"content-type": "text/plain"}, params={"limit": "x"}
    )
    check(operation, response, 404)


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS.values() if each.status != 204],
    ids=lambda operation: operation.id,
)
def test_nothing_acceptable(api, operation):
    """A client that takes no JSON is told so."""
    check(operation, missing(api, operation, headers={"accept": "text/html"}), 406)


WITH_BODY = pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS.values() if each.body and not each.body.lenient],
    ids=lambda operation: operation.id,
)


@WITH_BODY
def test_no_body_that_fits(api, operation):
    """A body that does not fit is refused."""
    path, query, _ = ready(api, operation)
    url = f"http://mock.test/api{path}"
    kind = "multipart/form-data; boundary=b" if operation.id == "upload-attachment" else "application/json"
    for content in (b"{", b'"x"'):
        response = api.request(
            operation.method, url, params=query, content=content, headers={"content-type": kind}
        )
        check(operation, response, 400)


@WITH_BODY
def test_another_media_type(api, operation):
    """A body of another media type is refused."""
    path, query, _ = ready(api, operation)
    headers = {"content-type": "text/plain"}
    response = api.request(
        operation.method, f"http://mock.test/api{path}", params=query, content=b"{}", headers=headers
    )
    check(operation, response, 415)


@WITH_BODY
def test_too_large(api, operation):
    """A body that is announced as too large is refused; a file, for which no 413 is documented, with 400."""
    path, query, _ = ready(api, operation)
    file = operation.id == "upload-attachment"
    kind = "multipart/form-data; boundary=b" if file else "application/json"
    headers = {"content-type": kind, "content-length": str(operation.body.limit + 100_000)}
    response = api.request(
        operation.method, f"http://mock.test/api{path}", params=query, content=b"", headers=headers
    )
    check(operation, response, 400 if file else 413)


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS.values() if any(p.required or not p.lenient for p in each.query)],
    ids=lambda operation: operation.id,
)
def test_no_query_that_fits(api, operation):
    """A parameter that does not fit is refused, and named."""
    for parameter in operation.query:
        if parameter.schema.get("type") == "string" and "enum" not in parameter.schema:
            continue
        path, query, body = ready(api, operation)
        url = f"http://mock.test/api{path}"
        kind = parameter.schema.get("items", parameter.schema)
        if (kind.get("type") == "string" and "enum" not in kind) or parameter.name == "conversation_id":
            continue
        response = api.request(operation.method, url, params={**query, parameter.name: "maybe"}, json=body)
        check(operation, response, 400)
        assert response.json()["errors"][0]["details"][0]["parameter"].startswith(f"$.{parameter.name}")


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        pytest.param(each, int(status), id=f"{each.id}-{status}")
        for each in OPERATIONS.values()
        for status in each.spec["responses"]
        if status in ("409", "422")
    ],
)
def test_errors_of_its_own(api, operation, status):
    """What only this operation refuses is refused as documented."""
    check(operation, PROVOKED[operation.id, status](api, operation), status)
