"""Knowledge articles and their tags: written many at a time, filtered, and deleted.

Who writes an article says all of it: what is left out has its default again, apart from the availability
rules. Where one article of a request cannot be kept, none is.
"""

from __future__ import annotations

from datetime import UTC
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, validates

from ada_mockserver.mock.api.availability_rules import normal_rule, rule_problems
from ada_mockserver.mock.api.bodies import size_in_words
from ada_mockserver.mock.api.collection import Collection
from ada_mockserver.mock.api.document import document
from ada_mockserver.mock.api.errors import ApiError, Detail, invalid, not_found, refused
from ada_mockserver.mock.api.metadata import json_size
from ada_mockserver.mock.api.pages import page
from ada_mockserver.mock.api.things.knowledge_sources import (
    Fading,
    KnowledgeSource,
    begin_to_delete,
    delete_due,
)
from ada_mockserver.mock.api.things.variables import NAMES as VARIABLES
from ada_mockserver.mock.api.times import zoned
from ada_mockserver.mock.store.base import Base, NamedByClient
from ada_mockserver.mock.store.database import add_many, change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement

    from ada_mockserver.mock.api.calls import Call

__all__ = ["DUE", "OPERATIONS"]

MOST_ARTICLES = 50_000
_LARGEST_ARTICLE = 100 * 1024
_MOST_NAMED = 100
_AT_ONCE = 10_000
"""Values in one statement; PostgreSQL takes 32,767."""

Named = TypeVar("Named", bound=NamedByClient)


class Tag(NamedByClient):
    """A label of articles."""

    __tablename__ = "api_article_tags"
    kind = "knowledge tag"
    entity = "article_tag"


class Article(Fading):
    """A knowledge article; ``source_key`` is the key of its source."""

    __tablename__ = "api_articles"
    kind = "knowledge article"
    entity = "article"

    source_key: Mapped[str] = mapped_column(
        sa.ForeignKey(KnowledgeSource.id, ondelete="CASCADE"), index=True, init=False
    )
    language: Mapped[str] = mapped_column(init=False)
    enabled: Mapped[bool] = mapped_column(init=False)

    @validates("data")
    def _columns(self, _name: str, data: dict[str, Any]) -> dict[str, Any]:
        self.source_key = KnowledgeSource.key_of(data["knowledge_source_id"])
        self.language, self.enabled = data["language"], data["enabled"]
        return data

    def shown(self) -> dict[str, Any]:
        """Its members, with null for availability rules that it never had."""
        return {"availability_rules": None, **self.dated()}


class Tagging(Base):
    """A tag on an article, by their keys."""

    __tablename__ = "api_article_taggings"

    article_key: Mapped[str] = mapped_column(sa.ForeignKey(Article.id, ondelete="CASCADE"), primary_key=True)
    tag_key: Mapped[str] = mapped_column(
        sa.ForeignKey(Tag.id, ondelete="CASCADE"), primary_key=True, index=True
    )


_ARTICLES, _TAGS = Collection(Article), Collection(Tag)


async def _list(call: Call) -> dict[str, Any]:
    return await page(call, Article, *_matching(call))


async def _delete_matching(call: Call) -> None:
    where = _matching(call)
    if not where:
        filters = ", ".join(parameter.name for parameter in call.operation.query)
        raise refused("$", f"needs at least one of: {filters}", "query")
    matching = sa.select(Article).where(*where).order_by(Article.id).with_for_update()
    articles = (await call.transaction.session.scalars(matching)).all()
    if not articles:
        raise not_found("knowledge article")
    await begin_to_delete(call, articles)


def _matching(call: Call) -> list[ColumnElement[bool]]:
    """The conditions that the filters of the query are; of the values of one, any will do."""
    query = call.query
    where: list[ColumnElement[bool]] = []
    if "id" in query:
        where.append(Article.id.in_([Article.key_of(each) for each in query["id"]]))
    if "enabled" in query:
        where.append(Article.enabled.in_(query["enabled"]))
    if "language" in query:
        where.append(Article.language.in_([_language(each) or "" for each in query["language"]]))
    if "knowledge_source_id" in query:
        sources = [KnowledgeSource.key_of(each) for each in query["knowledge_source_id"]]
        where.append(Article.source_key.in_(sources))
    if "tag_ids" in query:
        tags = Tagging.tag_key.in_([Tag.key_of(each) for each in query["tag_ids"]])
        where.append(Article.id.in_(sa.select(Tagging.article_key).where(tags)))
    return where


async def _upsert(call: Call) -> Sequence[dict[str, Any]]:
    articles: list[dict[str, Any]] = call.body
    sources = await _known(call, KnowledgeSource, (each["knowledge_source_id"] for each in articles))
    tags = await _known(call, Tag, (tag for each in articles for tag in each.get("tag_ids", ())))
    wrong = [
        problem
        for index, article in enumerate(articles)
        for problem in _problems(article, f"$[{index}]", sources, tags)
    ]
    if wrong:
        raise invalid(*wrong)
    known = await _known(call, Article, (each["id"] for each in articles))
    await _check_limit(call, {each["id"]: Article.key_of(each["id"]) for each in articles}, known)
    for article in known.values():
        article.gone_at = None
    for source in sources.values():
        source.synced_at = call.transaction.at
    answers = await _ARTICLES.upsert(call, map(_members, articles), known)
    await _tag(call, known.values())
    return answers


def _problems(
    article: dict[str, Any], path: str, sources: dict[str, KnowledgeSource], tags: dict[str, Tag]
) -> Iterator[Detail]:
    """All that is wrong with an article which fits its schema; ``path`` is its JSON path."""
    if json_size(article) > _LARGEST_ARTICLE:
        yield Detail(path, f"is larger than {size_in_words(_LARGEST_ARTICLE)}")
    source = sources.get(KnowledgeSource.key_of(article["knowledge_source_id"]))
    if source is None:
        yield Detail(f"{path}.knowledge_source_id", "names no knowledge source")
    elif source.gone_at is not None:
        yield Detail(f"{path}.knowledge_source_id", "names a knowledge source that is being deleted")
    for index, tag in enumerate(article.get("tag_ids", ())):
        if Tag.key_of(tag) not in tags:
            yield Detail(f"{path}.tag_ids[{index}]", "names no tag")
    if "language" in article and _language(article["language"]) is None:
        yield Detail(f"{path}.language", f"must be one of, or a region of one of: {', '.join(_languages())}")
    for name in ("external_created", "external_updated"):
        if article.get(name) is not None and _time(article[name]) is None:
            yield Detail(f"{path}.{name}", "must be a date and time, such as 2026-01-31T12:00:00Z")
    if article.get("availability_rules") is not None:
        yield from rule_problems(article["availability_rules"], f"{path}.availability_rules", VARIABLES)


async def _check_limit(call: Call, keys: dict[str, str], known: dict[str, Article]) -> None:
    """Raise `ApiError` (400) where those of these articles that are new would be too many."""
    new = [name for name, key in keys.items() if key not in known]
    total = await call.transaction.session.scalar(sa.select(sa.func.count()).select_from(Article)) or 0
    if new and total + len(new) > MOST_ARTICLES:
        raise ApiError(
            400,
            "limit_exceeded",
            f"Maximum article limit of {MOST_ARTICLES} exceeded",
            details={
                "code": "knowledge.articles.total_exceeded",
                "new_article_ids": new[:_MOST_NAMED],
                "new_article_count": len(new),
            },
        )


def _members(article: dict[str, Any]) -> dict[str, Any]:
    """The members of an article as they are kept, the availability rules only where they are given."""
    members = {
        "id": article["id"],
        "name": article["name"],
        "content": article["content"],
        "url": article.get("url"),
        "knowledge_source_id": article["knowledge_source_id"],
        "language": _language(article.get("language", "en")),
        "tag_ids": list(dict.fromkeys(article.get("tag_ids", ()))),
        "external_created": _time(article.get("external_created")),
        "external_updated": _time(article.get("external_updated")),
        "enabled": article.get("enabled", True),
        "metadata": article.get("metadata"),
    }
    if "availability_rules" in article:
        rule = article["availability_rules"]
        members["availability_rules"] = rule and normal_rule(rule)
    return members


@cache
def _languages() -> tuple[str, ...]:
    return tuple(document().source["components"]["schemas"]["ArticleLanguage"]["enum"])


def _language(tag: str) -> str | None:
    """The language of articles that a tag of BCP 47 means, None where there is none: ``pt`` for ``pt-BR``."""
    tag = tag.lower().replace("_", "-")
    return next((each for each in (tag, tag.partition("-")[0]) if each in _languages()), None)


def _time(text: str | None) -> str | None:
    """A time in UTC, as it is where it names no offset; None for what is no time."""
    try:
        return zoned(text or "").astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


async def _known(call: Call, kind: type[Named], ids: Iterable[str]) -> dict[str, Named]:
    """The things of a kind that have one of these ids, by their keys; nobody changes them meanwhile."""
    keys = sorted({kind.key_of(each) for each in ids})
    known: dict[str, Named] = {}
    for begin in range(0, len(keys), _AT_ONCE):
        part = sa.select(kind).where(kind.id.in_(keys[begin : begin + _AT_ONCE])).order_by(kind.id)
        found = await call.transaction.session.scalars(part.with_for_update())
        known |= {thing.id: thing for thing in found}
    return known


async def _tag(call: Call, articles: Iterable[Article]) -> None:
    """Keep by their keys the tags that articles have."""
    keys = [article.id for article in articles]
    for begin in range(0, len(keys), _AT_ONCE):
        part = Tagging.article_key.in_(keys[begin : begin + _AT_ONCE])
        await change(call.transaction.session, sa.delete(Tagging).where(part))
    taggings = [
        Tagging(article_key=article.id, tag_key=Tag.key_of(tag))
        for article in articles
        for tag in article.data["tag_ids"]
    ]
    await add_many(call.transaction.session, taggings)


async def _upsert_tags(call: Call) -> Sequence[dict[str, Any]]:
    known = await _known(call, Tag, (each["id"] for each in call.body))
    wanted = [{"id": each["id"], "name": each["name"]} for each in call.body]
    return await _TAGS.upsert(call, wanted, known)


async def _delete_tag(call: Call) -> None:
    tag = call.thing(Tag)
    tagged = sa.select(Tagging.article_key).where(Tagging.tag_key == tag.id)
    articles = sa.select(Article).where(Article.id.in_(tagged)).order_by(Article.id).with_for_update()
    for article in await call.transaction.session.scalars(articles):
        rest = [each for each in article.data["tag_ids"] if each != tag.named]
        article.data = {**article.data, "tag_ids": rest}
    await _TAGS.delete(call)


OPERATIONS = {
    "list-articles": _list,
    "delete-articles": _delete_matching,
    "get-article": _ARTICLES.read,
    "delete-article": _ARTICLES.delete,
    "upsert-articles": _upsert,
    "list-tags": _TAGS.list,
    "upsert-tags": _upsert_tags,
    "delete-tag": _delete_tag,
}

DUE = partial(delete_due, Article)
