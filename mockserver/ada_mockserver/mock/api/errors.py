"""Refused requests: Ada's error envelope (/reference/introduction/errors)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from ada_schemas.contract.contract import Contract

__all__ = ["ApiError", "Detail", "invalid", "no_api", "not_found", "refused"]

Location = Literal["body", "query", "path"]


@dataclass(frozen=True, slots=True)
class Detail:
    """One invalid parameter: ``parameter`` is a JSON path such as ``$.author.role``."""

    parameter: str
    message: str
    location: Location = "body"


class ApiError(Exception):
    """A request that is refused; ``type`` is the error's stable name in the envelope.

    There ``details`` is the list of them, or the object where one is given, null where none is.
    """

    def __init__(
        self,
        status: int,
        type_: str,
        message: str,
        *,
        details: Sequence[Detail] | Mapping[str, Any] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type_
        self.message = message
        self.details = details
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer as it goes over the wire."""
        details: Any = self.details
        if not isinstance(details, Mapping):
            details = [
                {"parameter": d.parameter, "location": d.location, "message": d.message} for d in details
            ]
        error = {"type": self.type, "message": self.message, "details": details or None}
        return JSONResponse({"errors": [error]}, status_code=self.status, headers=self.headers)


def invalid(*details: Detail) -> ApiError:
    """400: parameters that do not fit, each named."""
    return ApiError(
        400, "validation_error", "One or more parameters of the request are invalid.", details=details
    )


def refused(parameter: str, message: str, location: Location = "body") -> ApiError:
    """400: one parameter that does not fit."""
    return invalid(Detail(parameter, message, location))


def not_found(what: str) -> ApiError:
    """404: there is no ``what`` (the kind of thing, not its id, which is the caller's text)."""
    return ApiError(404, "not_found", f"There is no such {what}.")


def no_api(contract: Contract) -> str:
    """Why there is no API with another provider's contract, in a sentence."""
    name = contract.profile.provider
    return f"the mock of {name} sends events and has no API, since the contract in use is not Ada's."
