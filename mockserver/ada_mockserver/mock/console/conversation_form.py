"""The forms of conversations: the beginning of one, and what is written in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from ada_mockserver.fitting import fitting_errors
from ada_mockserver.mock.api.bodies import Upload, parse_json
from ada_mockserver.mock.api.document import BODY_LIMIT, document
from ada_mockserver.mock.api.errors import ApiError
from ada_mockserver.mock.api.metadata import check_metadata_size
from ada_mockserver.mock.api.things.conversations import is_address

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Faults", "Filled", "read_filled", "said_of"]

Faults = dict[str, str]
"""The faults of the fields of a form, by their names."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The texts of a form by the names of its fields, without spaces around them, and its file if any."""

    texts: dict[str, str] = field(default_factory=dict)
    file: Upload | None = None

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")

    def metadata(self, faults: Faults) -> dict[str, Any]:
        """The field ``metadata``, which is JSON as the API takes it; adds what is wrong to ``faults``."""
        text = self["metadata"]
        if not text:
            return {}
        try:
            metadata = parse_json(text.encode())
            body = document().operations["create-conversation"].body
            assert body is not None  # noqa: S101 - it has one
            found = fitting_errors(body.validator, {"channel_id": "any", "metadata": metadata})
            if found:
                faults["metadata"] = "; ".join(f"{path} {message}" for path, message in found)
                return {}
            check_metadata_size(metadata, path="$.metadata")
        except ApiError as error:
            faults["metadata"] = "is not valid JSON" if error.type == "invalid_json" else said_of(error)
            return {}
        else:
            return dict(metadata)

    def email(self, faults: Faults) -> str | None:
        """The field ``email``, None where it is empty; adds what is wrong to ``faults``."""
        if self["email"] and not is_address(self["email"]):
            faults["email"] = "must be an e-mail address"
        return self["email"] or None


async def read_filled(request: Request) -> Filled:
    """The fields of a form as they were filled in; raises `ApiError` for a body that is none."""
    texts: dict[str, str] = {}
    file = None
    try:
        async with request.form(max_files=5, max_fields=50, max_part_size=BODY_LIMIT) as form:
            for name, value in form.multi_items():
                if not isinstance(value, UploadFile):
                    texts[name] = value.replace("\r\n", "\n").strip()
                elif value.filename:  # a browser sends an empty one where no file was chosen
                    file = Upload(value.filename, value.content_type, await value.read())
    except (HTTPException, KeyError, ValueError):
        raise ApiError(400, "invalid_form", "The form could not be read.") from None
    return Filled(texts, file)


def said_of(error: ApiError) -> str:
    """The message of an error about the one parameter that is wrong, else the error's own."""
    if isinstance(error.details, (list, tuple)) and error.details:
        return str(error.details[0].message)
    return error.message
