"""Knowledge articles and their tags."""

from __future__ import annotations

import pytest

from ada_mockserver.mock.api.things import articles

ARTICLES, BULK = "/knowledge/articles/", "/knowledge/bulk/articles/"
CREATED = "2023-11-14T22:13:20.000000+00:00"
EMAIL = {"id": "66e1a90c5be1d75b0f2f7d01"}


@pytest.fixture
def api(api):
    """A mock with two sources and two tags."""
    for source in ("help", "shop"):
        api.ok("POST", "/knowledge/sources/", {"id": source, "name": source.title()})
    api.ok("POST", "/knowledge/bulk/tags/", [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}])
    return api


def article(article_id="1", **members):
    known = {"name": f"Article {article_id}", "content": "# Text", "knowledge_source_id": "help"}
    return {"id": article_id, **known, **members}


def upsert(api, *wanted):
    return api.ok("POST", BULK, list(wanted))


def ids(api, query=""):
    return [each["id"] for each in api.ok("GET", f"{ARTICLES}{query}")["data"]]


def told(api, kind="article"):
    """What the audit log says happened to things of a kind."""
    entries = [payload["data"] for payload, _ in api.events(audit=True)]
    return [(entry["activity"], entry["entity_id"]) for entry in entries if entry["entity_type"] == kind]


def test_created(api):
    """An article has every documented member; what is left out has its default."""
    assert upsert(api, article("a ä\0")) == [{"id": "a ä\0", "success": True, "created": True}]
    shown = api.ok("GET", "/knowledge/articles/a%20%C3%A4%00")
    assert shown == {
        **article("a ä\0"),
        "url": None,
        "language": "en",
        "tag_ids": [],
        "created": CREATED,
        "updated": CREATED,
        "external_created": None,
        "external_updated": None,
        "enabled": True,
        "metadata": None,
        "availability_rules": None,
    }
    assert api.ok("GET", ARTICLES) == {"data": [shown], "meta": {"next_page_url": None}}
    assert told(api) == [("created", "a ä\0")]


def test_synchronised(api):
    """An article is changed by whoever sends its id again, and the source says when that was."""
    upsert(api, article("1"), article("2", enabled=False, url="https://help.test/2", metadata={"a": None}))
    api.advance(60)
    again = article("2", name="New", external_updated="2024-05-01T09:30:00Z")
    answer = upsert(api, article("3"), again, article("1"))
    assert answer == [
        {"id": "3", "success": True, "created": True},
        {"id": "2", "success": True, "created": False},
        {"id": "1", "success": True, "created": False},
    ]
    one, two, _ = api.ok("GET", ARTICLES)["data"]
    assert (two["name"], two["enabled"], two["url"], two["metadata"]) == ("New", True, None, None)
    assert (one["updated"], two["updated"]) == (CREATED, "2023-11-14T22:14:20.000000+00:00")
    assert told(api) == [("created", "1"), ("created", "2"), ("created", "3"), ("updated", "2")]
    sources = api.ok("GET", "/knowledge/sources/")["data"]
    assert [each.get("last_sync") for each in sources] == ["2023-11-14T22:14:20.000000+00:00", None]


def test_twice(api):
    """An article that is sent twice at once is as it was sent last."""
    answer = upsert(api, article("1", content="first"), article("1", content="last", tag_ids=["b"]))
    assert [each["created"] for each in answer] == [True, False]
    assert [each["content"] for each in api.ok("GET", ARTICLES)["data"]] == ["last"]
    assert ids(api, "?tag_ids=b") == ["1"]
    assert told(api) == [("created", "1")]


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("2025-07-11T19:20:22Z", "2025-07-11T19:20:22+00:00"),
        ("2025-07-11T19:20:22.5+02:00", "2025-07-11T17:20:22.500000+00:00"),
        ("2025-07-11T19:20:22", "2025-07-11T19:20:22+00:00"),
        (None, None),
    ],
)
def test_times(api, given, answered):
    """Times of the system that an article comes from are answered in UTC."""
    upsert(api, article(external_created=given, external_updated=given))
    (shown,) = api.ok("GET", ARTICLES)["data"]
    assert (shown["external_created"], shown["external_updated"]) == (answered, answered)


@pytest.mark.parametrize(
    ("given", "answered"), [("pt-BR", "pt"), ("zh-TW", "zh-tw"), ("EN_ph", "en"), ("he", "he")]
)
def test_language(api, given, answered):
    """A language of a region counts as the language, unless articles can be in just that."""
    upsert(api, article(language=given), article("other", language="fr"))
    assert [each["language"] for each in api.ok("GET", f"{ARTICLES}?language={given}")["data"]] == [answered]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"id": ""}, {"$[1].id": "must not be empty"}),
        ({"id": "x" * 161}, {"$[1].id": "must be at most 160 characters long"}),
        ({"name": "x" * 256}, {"$[1].name": "must be at most 255 characters long"}),
        ({"content": ""}, {"$[1].content": "must not be empty"}),
        ({"content": "ä" * 51_200}, {"$[1]": "is larger than 100 KB"}),
        ({"enabled": None}, {"$[1].enabled": "must be a boolean"}),
        ({"knowledge_source_id": "none"}, {"$[1].knowledge_source_id": "names no knowledge source"}),
        ({"tag_ids": ["a", "c"]}, {"$[1].tag_ids[1]": "names no tag"}),
        (
            {"external_created": "now"},
            {"$[1].external_created": "must be a date and time, such as 2026-01-31T12:00:00Z"},
        ),
        (
            {"external_updated": ""},
            {"$[1].external_updated": "must be a date and time, such as 2026-01-31T12:00:00Z"},
        ),
    ],
)
def test_refused(api, members, problem):
    """One article that cannot be is named, and none is kept."""
    assert api.invalid("POST", BULK, [article(), {**article("2"), **members}]) == problem
    assert ids(api) == []


def test_unknown_language(api):
    """A language that articles cannot be in is refused with those that they can be in."""
    (message,) = api.invalid("POST", BULK, [article(language="xx-DE")]).values()
    assert message.startswith("must be one of, or a region of one of: ar, zh, zh-tw, da, nl, en, ")


def test_no_list(api):
    """A single article that is not in a list is refused, and so is nothing at all."""
    assert api.invalid("POST", BULK, article()) == {"$": "must be a list"}
    assert api.invalid("POST", BULK) == {"$": "must be a list"}
    assert upsert(api) == []


def test_largest(api):
    """An article may have 100 KB."""
    rest = len('{"id":"1","name":"Article 1","content":"","knowledge_source_id":"help"}')
    assert upsert(api, article(content="x" * (102_400 - rest)))
    assert api.invalid("POST", BULK, [article(content="x" * (102_401 - rest))]) == {
        "$[0]": "is larger than 100 KB"
    }


def test_source_that_goes(api):
    """A source that is being deleted takes no articles any more."""
    api("DELETE", "/knowledge/sources/help")
    message = "names a knowledge source that is being deleted"
    assert api.invalid("POST", BULK, [article()]) == {"$[0].knowledge_source_id": message}


def test_limit(api, monkeypatch):
    """At the limit articles can be changed; a request with a new one is refused as a whole."""
    monkeypatch.setattr(articles, "MOST_ARTICLES", 3)
    upsert(api, article("1"), article("2"), article("3"))
    upsert(api, article("3", content="changed"))
    new = [article(f"new {n}") for n in range(101)]
    status, error = api.refused("POST", BULK, [article("1", content="changed"), *new, new[0]])
    assert status == 400
    assert error["message"] == "Maximum article limit of 3 exceeded"
    assert error["details"] == {
        "code": "knowledge.articles.total_exceeded",
        "new_article_ids": [each["id"] for each in new[:100]],
        "new_article_count": 101,
    }
    assert [each["content"] for each in api.ok("GET", ARTICLES)["data"]] == ["# Text", "# Text", "changed"]
    monkeypatch.setattr(articles, "MOST_ARTICLES", 1)
    assert upsert(api, article("2")) == [{"id": "2", "success": True, "created": False}]


def test_filters(api):
    """Filters go together; of the values of one, any will do."""
    upsert(
        api,
        article("1", tag_ids=["a"]),
        article("2", tag_ids=["a", "b", "a"], language="fr", enabled=False),
        article("3", knowledge_source_id="shop", language="de"),
    )
    assert api.ok("GET", "/knowledge/articles/2")["tag_ids"] == ["a", "b"]
    assert ids(api, "?id=1&id=3&id=%00") == ["1", "3"]
    assert ids(api, "?enabled=false") == ["2"]
    assert ids(api, "?enabled=false&enabled=true") == ["1", "2", "3"]
    assert ids(api, "?language=fr&language=de&language=%00") == ["2", "3"]
    assert ids(api, "?knowledge_source_id=shop&knowledge_source_id=none") == ["3"]
    assert ids(api, "?tag_ids=b&tag_ids=a") == ["1", "2"]
    assert ids(api, "?tag_ids=a&language=fr") == ["2"]
    assert ids(api, "?tag_ids=none") == []
    assert api.invalid("GET", f"{ARTICLES}?enabled=no") == {"$.enabled[0]": "must be a boolean"}


def test_pages(api):
    """Pages follow one another with the same filters."""
    upsert(api, *(article(f"n° {n}", tag_ids=["a"]) for n in range(5)), article("other"))
    first = api.ok("GET", f"{ARTICLES}?tag_ids=a&tag_ids=b&limit=2")
    url = first["meta"]["next_page_url"]
    assert url == ("http://mock.test/api/v2/knowledge/articles?tag_ids=a&tag_ids=b&limit=2&cursor=n%C2%B0+2")
    second = api.request("GET", url).json()
    last = api.request("GET", second["meta"]["next_page_url"]).json()
    assert last["meta"] == {"next_page_url": None}
    assert [each["id"] for page in (first, second, last) for each in page["data"]] == [
        f"n° {n}" for n in range(5)
    ]
    assert api.invalid("GET", f"{ARTICLES}?cursor=none") == {"$.cursor": "is not a cursor of this list"}


def test_deleted(api):
    """One article is gone at once."""
    upsert(api, article("1"), article("2"))
    assert api("DELETE", "/knowledge/articles/1").status_code == 204
    assert ids(api) == ["2"]
    assert api.refused("DELETE", "/knowledge/articles/1") == (
        404,
        {"type": "not_found", "message": "There is no such knowledge article.", "details": None},
    )
    assert told(api)[2:] == [("deleted", "1")]


def test_many_deleted(api):
    """Articles that fit filters are gone some seconds later, unless they are sent again before."""
    upsert(api, article("1"), article("2"), article("3", knowledge_source_id="shop"))
    assert api("DELETE", f"{ARTICLES}?knowledge_source_id=help").status_code == 204
    api.advance(4)
    assert ids(api) == ["1", "2", "3"]
    assert api("DELETE", f"{ARTICLES}?id=1").status_code == 204
    upsert(api, article("2"))
    assert api.advance(1) is None
    assert ids(api) == ["2", "3"]
    assert told(api)[3:] == [("deleted", "1"), ("deleted", "2")]
    assert api.refused("DELETE", f"{ARTICLES}?id=1") == (
        404,
        {"type": "not_found", "message": "There is no such knowledge article.", "details": None},
    )


def test_delete_all(api):
    """Without a filter nothing is deleted."""
    upsert(api, article())
    assert api.invalid("DELETE", ARTICLES) == {
        "$": "needs at least one of: id, enabled, language, knowledge_source_id, tag_ids"
    }
    assert ids(api) == ["1"]


def test_tags(api):
    """Tags are created and changed by their ids; a tag that is deleted is gone from articles."""
    answer = api.ok("POST", "/knowledge/bulk/tags/", [{"id": "a", "name": "New"}, {"id": "c", "name": "C"}])
    assert answer == [
        {"id": "a", "success": True, "created": False},
        {"id": "c", "success": True, "created": True},
    ]
    tags = [{"id": "a", "name": "New"}, {"id": "b", "name": "B"}, {"id": "c", "name": "C"}]
    assert api.ok("GET", "/knowledge/tags/") == {"data": tags}
    upsert(api, article("1", tag_ids=["c", "a", "b"]), article("2", tag_ids=["a"]))
    assert api("DELETE", "/knowledge/tags/a").status_code == 204
    assert [each["tag_ids"] for each in api.ok("GET", ARTICLES)["data"]] == [["c", "b"], []]
    assert ids(api, "?tag_ids=a") == []
    assert ids(api, "?tag_ids=b") == ["1"]
    assert api.refused("DELETE", "/knowledge/tags/a")[1]["message"] == "There is no such knowledge tag."
    changes = [("created", "a"), ("created", "b"), ("updated", "a"), ("created", "c"), ("deleted", "a")]
    assert told(api, "article_tag") == changes


def test_retagged(api):
    """An article has the tags that were sent last."""
    upsert(api, article(tag_ids=["a"]))
    upsert(api, article(tag_ids=["b"]))
    assert (ids(api, "?tag_ids=a"), ids(api, "?tag_ids=b")) == ([], ["1"])
    upsert(api, article())
    assert ids(api, "?tag_ids=b") == []


@pytest.mark.parametrize(
    ("tag", "problem"),
    [
        ({"id": "x" * 41, "name": "X"}, {"$[0].id": "must be at most 40 characters long"}),
        ({"id": "", "name": ""}, {"$[0].id": "must not be empty", "$[0].name": "must not be empty"}),
    ],
)
def test_tag_refused(api, tag, problem):
    """A tag has a short id and a short name."""
    assert api.invalid("POST", "/knowledge/bulk/tags/", [tag]) == problem


def test_availability_rules(api):
    """Rules stay as they are until others come or null does."""
    condition = {"variable": EMAIL, "operator": "ends_with", "value": "@b.test", "case_sensitive": True}
    group = {
        "match": "any",
        "conditions": [{"variable": EMAIL, "operator": "is_set", "case_sensitive": False}],
    }
    rule = {"match": "all", "conditions": [{**condition, "more": 1}, group, {**condition, "value": 0}]}
    upsert(api, article(availability_rules=rule))
    kept = {"match": "any", "conditions": [{"variable": EMAIL, "operator": "is_set"}]}
    wanted = {"match": "all", "conditions": [condition, kept, {**condition, "value": 0}]}
    assert api.ok("GET", "/knowledge/articles/1")["availability_rules"] == wanted
    upsert(api, article(name="Renamed"))
    assert api.ok("GET", "/knowledge/articles/1")["availability_rules"] == wanted
    upsert(api, article(availability_rules=kept))
    assert api.ok("GET", "/knowledge/articles/1")["availability_rules"] == kept
    upsert(api, article(availability_rules=None))
    assert api.ok("GET", "/knowledge/articles/1")["availability_rules"] is None


SET = {"variable": EMAIL, "operator": "is_set"}
OPERATORS = (
    "equals, does_not_equal, greater_than, less_than, starts_with, ends_with, contains, does_not_contain, "
)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ([], {"": "must be an object or null"}),
        ({"match": "none"}, {".match": "must be one of: all, any", ".conditions": "is required, and must be a list of at least one condition or group of conditions"}),
        ({"match": "all", "conditions": []}, {".conditions": "must be a list of at least one condition or group of conditions"}),
        ({"match": "all", "conditions": [SET] * 1001}, {"": "has more than 1000 conditions"}),
        ({"match": "all", "conditions": [{**SET, "value": ""}]}, {".conditions[0].value": "does not go with the operator is_set"}),
        ({"match": "all", "conditions": [{**SET, "operator": "equals"}]}, {".conditions[0].value": "is required with the operator equals"}),
        ({"match": "all", "conditions": [{**SET, "operator": "is"}]}, {".conditions[0].operator": f"must be one of: {OPERATORS}is_set, is_not_set"}),
        ({"match": "all", "conditions": [{**SET, "variable": {"id": "x"}}]}, {".conditions[0].variable.id": "names no variable"}),
        ({"match": "all", "conditions": [{"match": "any", "conditions": []}]}, {".conditions[0].conditions": "must be a list of at least one condition"}),
        ({"match": "all", "conditions": [{"match": "any", "conditions": [{"match": "any", "conditions": [SET]}]}]}, {".conditions[0].conditions[0].variable": "is required", ".conditions[0].conditions[0].operator": "is required"}),
    ],
)  # fmt: skip
def test_rules_refused(api, rule, problem):
    """What is wrong with a rule is named."""
    wrong = api.invalid("POST", BULK, [article(availability_rules=rule)])
    assert wrong == {f"$[0].availability_rules{path}": message for path, message in problem.items()}


def test_most_conditions(api):
    """Conditions in groups count too."""
    group = {"match": "any", "conditions": [SET] * 500}
    upsert(api, article(availability_rules={"match": "all", "conditions": [group, group]}))
    rule = {"match": "all", "conditions": [group, group, SET]}
    wrong = api.invalid("POST", BULK, [article(availability_rules=rule)])
    assert wrong == {"$[0].availability_rules": "has more than 1000 conditions"}


def test_statements(api, monkeypatch):
    """However many articles come at once, no statement gets too many values, and none is lost."""
    monkeypatch.setattr(articles, "_AT_ONCE", 2)
    many = [article(str(n), tag_ids=["a"]) for n in range(5)]
    assert len(upsert(api, *many)) == 5
    assert [each["created"] for each in upsert(api, *many)] == [False] * 5
    assert ids(api, "?tag_ids=a") == ["0", "1", "2", "3", "4"]
