"""Things that must be there before an operation of the mock can be called, made through the API itself.

They are made with a function ``call(method, path, body)`` that returns the JSON of an answer.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ada_mockserver.mock.api.document import document

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., Any]

__all__ = ["adapted", "example", "thing"]


def example(operation: str) -> Any:
    """The documented body of an operation."""
    content = document().operations[operation].spec["requestBody"]["content"]["application/json"]
    return copy.deepcopy(content["example"])


def adapted(call: Call, operation: str) -> Any:
    """The documented body, about things that are there."""
    return _adapted(call, example(operation))


def _adapted(call: Call, value: Any) -> Any:
    if isinstance(value, list):
        return [_adapted(call, each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: MEMBERS[name](call) if name in MEMBERS and member else _adapted(call, member)
        for name, member in value.items()
    }


def thing(call: Call, kind: str) -> str:
    """The id of a new thing of a kind that paths name; it is posted to the list that it is in."""
    if kind in OTHERWISE:
        return OTHERWISE[kind](call)
    operations = document().operations.values()
    path, parameter = next(
        (each.path, name) for each in operations for name, named in each.things.items() if named == kind
    )
    listed = path.partition(f"/{{{parameter}}}")[0]
    operation = next(each.id for each in operations if (each.method, each.path) == ("POST", listed))
    made = call("POST", listed.removeprefix("/v2"), adapted(call, operation))
    return str(made[parameter] if parameter in made else made["id"])


def conversation(call: Call) -> str:
    """A conversation that is in a handoff, so that what needs one works."""
    talk = call("POST", "/conversations/", adapted(call, "create-conversation"))
    author = {"role": "human_agent", "display_name": "Kim"}
    body = {"author": author, "content": {"type": "text", "body": "How can I help?"}}
    call("POST", f"/conversations/{talk['id']}/messages/", body)
    return str(talk["id"])


def knowledge_source(call: Call) -> str:
    """A knowledge source, the same each time unless that is being deleted."""
    wanted = example("create-source")
    known = {each["id"]: each.get("status") for each in call("GET", "/knowledge/sources/")["data"]}
    while known.get(wanted["id"]):
        wanted["id"] += "-next"
    if wanted["id"] not in known:
        call("POST", "/knowledge/sources/", wanted)
    return str(wanted["id"])


def knowledge_article(call: Call) -> str:
    """An article with a tag."""
    (article, *_) = adapted(call, "upsert-articles")
    call("POST", "/knowledge/bulk/articles/", [article])
    return str(article["id"])


def knowledge_tag(call: Call) -> str:
    """A tag."""
    tags = example("upsert-tags")
    call("POST", "/knowledge/bulk/tags/", tags)
    return str(tags[0]["id"])


def tag_ids(call: Call) -> list[str]:
    """The tags of an article."""
    return [knowledge_tag(call)]


def installation(call: Call) -> str:
    """An installation of the newest integration, as an admin makes one."""
    if not call("GET", "/platform-integrations/")["data"]:
        thing(call, "integration")
    newest = call("GET", "/platform-integrations/")["data"][-1]["id"]
    wanted = {"integration_id": newest, "configuration": {"account": {"name": "Shop 1"}}}
    return str(call("POST", "/_mock/seed", {"installations": [wanted]})["installations"][0]["id"])


def custom_instruction(call: Call) -> str:
    """An instruction whose title no other has."""
    wanted = example("create-instruction")
    known = {each["title"] for each in call("GET", "/custom-instructions/")["data"]}
    while wanted["title"] in known:
        wanted["title"] += " again"
    return str(call("POST", "/custom-instructions/", wanted)["id"])


def deletion_job(call: Call) -> str:
    """A job that has nobody to delete."""
    return str(call("POST", "/end-users/delete", example("delete-end-users"))["job_id"])


def variable(call: Call) -> str:
    """A variable; there are some from the start."""
    return str(call("GET", "/variables/")["data"][0]["id"])


OTHERWISE: dict[str, Callable[[Call], str]] = {
    "conversation": conversation,
    "knowledge source": knowledge_source,
    "knowledge article": knowledge_article,
    "knowledge tag": knowledge_tag,
    "deletion job": deletion_job,
    "custom instruction": custom_instruction,
    "installation": installation,
    "variable": variable,
}
"""How there comes to be a thing of a kind that is not just posted to its list; each returns its id."""

MEMBERS: dict[str, Callable[[Call], Any]] = {
    "channel_id": lambda call: thing(call, "channel"),
    "end_user_id": lambda call: thing(call, "end user"),
    "knowledge_source_id": knowledge_source,
    "tag_ids": tag_ids,
}
"""Members of bodies that name things."""
