# SPDX-License-Identifier: Apache-2.0
"""Every error as one shape: RFC 9457, with the reference system's names beside it.

The tables here are the only place that knows which error has which status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from math import ceil

from claude_mem_core.domain.redaction.redactor import Redactor
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import (
    AdapterError,
    ClaudeMemError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    Issue,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    StorageFullError,
    UnauthenticatedError,
)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2

OF_CLASS: Mapping[type[Exception], tuple[HTTPStatus, str]] = {
    InvalidInputError: (HTTPStatus.BAD_REQUEST, "ValidationError"),
    UnauthenticatedError: (HTTPStatus.UNAUTHORIZED, "Unauthorized"),
    ForbiddenError: (HTTPStatus.FORBIDDEN, "Forbidden"),
    RateLimitedError: (HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests"),
    QuotaExceededError: (HTTPStatus.PAYMENT_REQUIRED, "quota_exceeded"),
    NotFoundError: (HTTPStatus.NOT_FOUND, "NotFound"),
    ConflictError: (HTTPStatus.CONFLICT, "Conflict"),
    StorageFullError: (HTTPStatus.INSUFFICIENT_STORAGE, "InsufficientStorage"),
    AdapterError: (HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable"),
}

OF_STATUS: Mapping[int, tuple[str, str]] = {
    HTTPStatus.BAD_REQUEST: ("BadRequest", "bad_request"),
    HTTPStatus.NOT_FOUND: ("NotFound", "route_not_found"),
    HTTPStatus.METHOD_NOT_ALLOWED: ("MethodNotAllowed", "method_not_allowed"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("PayloadTooLarge", "payload_too_large"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("UnsupportedMediaType", "unsupported_media"),
    HTTPStatus.MISDIRECTED_REQUEST: ("MisdirectedRequest", "misdirected_request"),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        "HeaderFieldsTooLarge",
        "header_fields_too_large",
    ),
    HTTPStatus.NOT_IMPLEMENTED: ("NotImplemented", "not_implemented"),
}


class ProtocolError(ClaudeMemError):
    """The request breaks a rule of HTTP, or of how this server speaks it."""

    code = "protocol"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class NotReadyError(AdapterError):
    """The server cannot do its work now; the issues say what is missing."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("; ".join(map(str, issues)))
        self.issues = tuple(issues)


@dataclass(frozen=True, slots=True)
class Problem:
    """What the caller is told of an error.

    Attributes:
        error: The reference system's name of it.
        code: Ours, which never changes.
        told: Header fields of this error.
    """

    status: HTTPStatus
    error: str
    code: str
    message: str
    issues: tuple[Issue, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields that go with the status."""
        if self.status is HTTPStatus.UNAUTHORIZED:
            return {"WWW-Authenticate": 'Bearer realm="claude-mem"'}
        if self.status is HTTPStatus.SERVICE_UNAVAILABLE:
            return {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return self.told

    def to_wire(self, *, instance: str, request_id: str) -> JsonObject:
        """The body of the answer."""
        shown: JsonObject = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.message,
            "instance": instance,
            "error": self.error,
            "message": self.message,
            "code": self.code,
            "requestId": request_id,
        }
        if self.issues:
            shown["issues"] = [
                {"field": one.field, "cause": one.cause, "cure": one.cure}
                for one in self.issues
            ]
        return shown


def without_secrets(problem: Problem, redactor: Redactor) -> Problem:
    """The problem as it may be told: errors repeat what they were given."""
    issues = tuple(
        Issue(redactor.text(one.field), redactor.text(one.cause), one.cure)
        for one in problem.issues
    )
    return replace(problem, message=redactor.text(problem.message), issues=issues)


def problem_of(error: BaseException) -> Problem | None:
    """The problem that an error of ours is; None for one that nobody foresaw."""
    if isinstance(error, ProtocolError):
        name, code = OF_STATUS.get(error.status, OF_STATUS[HTTPStatus.BAD_REQUEST])
        return Problem(HTTPStatus(error.status), name, code, str(error))
    kinds = type(error).__mro__
    row = next((OF_CLASS[kind] for kind in kinds if kind in OF_CLASS), None)
    if row is None or not isinstance(error, ClaudeMemError):
        return None
    issues: tuple[Issue, ...] = ()
    if isinstance(error, InvalidInputError | NotReadyError):
        issues = error.issues
    return Problem(*row, error.code, str(error), issues, told=_told(error))


def _told(error: ClaudeMemError) -> Mapping[str, str]:
    """When to come again, for whoever asked too often."""
    if not isinstance(error, RateLimitedError | QuotaExceededError):
        return {}
    after = str(ceil(error.retry_after.total_seconds()))
    if isinstance(error, QuotaExceededError):
        return {"Retry-After": after}
    # The last three are those of the reference system.
    return {
        "Retry-After": after,
        "X-RateLimit-Limit": str(error.limit),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": after,
    }


UNFORESEEN = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "InternalServerError",
    "internal",
    "the server failed; its log tells why, under this request id",
)
"""What the caller is told of an error that nobody foresaw: nothing of its inside."""
