# SPDX-License-Identifier: Apache-2.0
"""The line to a running server: HTTP on one connection that is kept open."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPMessage, RemoteDisconnected
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from claude_mem_core.errors import (
    AdapterError,
    ClaudeMemError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    StorageFullError,
    StorageReadOnlyError,
    UnauthenticatedError,
)
from pydantic import JsonValue

T = TypeVar("T")

TIMEOUT = 60.0

_OF_STATUS: Mapping[int, type[ClaudeMemError]] = {
    400: InvalidInputError,
    401: UnauthenticatedError,
    403: ForbiddenError,
    409: ConflictError,
    413: InvalidInputError,
    507: StorageFullError,
}
_USED_UP, _NOT_FOUND, _TOO_OFTEN = 402, 404, 429
_ABSENT = re.compile(r"no ([a-z ]+) with the id '([^']+)'")
_FIRST_ERROR = 400


class Answer(NamedTuple):
    """What the server said."""

    status: int
    headers: HTTPMessage
    text: bytes


class HttpLine:
    """A connection to a server of this machine, with the token of its data folder.

    Attributes:
        where: What the server is called in words for the user.
    """

    def __init__(self, url: str, token: str | None, where: str) -> None:
        place = urlsplit(url)
        self.where = where
        self._line = HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT)
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def ask(
        self, method: str, path: str, body: JsonValue = None, *, patience: float = 0
    ) -> dict[str, Any]:
        """The JSON object that the server answers with.

        Args:
            method: The method of HTTP.
            path: What is asked for.
            body: What is sent along.
            patience: Seconds to wait for the answer, where it may take long.

        Raises:
            AdapterError: Nobody answers.
            ClaudeMemError: The one that the server tells.
        """
        data = None if body is None else json.dumps(body).encode()
        if not patience:
            return self._asked(method, path, data)
        self._wait_at_most(patience)
        try:
            return self._asked(method, path, data)
        finally:
            self._wait_at_most(TIMEOUT)

    def ask_once(
        self, method: str, path: str, body: JsonValue = None
    ) -> dict[str, Any]:
        """The answer to what must not be said twice, as it makes something each time.

        It is said on a new connection, of which none can think that it was idle.
        """
        self.close()
        return self.ask(method, path, body)

    def close(self) -> None:
        """Let go of the connection; the next question opens another."""
        self._line.close()

    def _wait_at_most(self, seconds: float) -> None:
        self.close()
        self._line.timeout = seconds

    def _asked(self, method: str, path: str, data: bytes | None) -> dict[str, Any]:
        try:
            answer = self._exchange(method, path, data)
        except (OSError, HTTPException) as error:
            self.close()
            raise AdapterError(
                f"{self.where} does not answer ({str(error) or type(error).__name__}); "
                "what it acknowledged is kept: start it and run the command again"
            ) from error
        if answer.status >= _FIRST_ERROR:
            raise error_of(answer, path)
        return self._object(answer.text)

    def _exchange(self, method: str, path: str, data: bytes | None) -> Answer:
        was_open = self._line.sock is not None
        try:
            return self._once(method, path, data)
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # A server may drop a connection that was idle. What is asked here can be
            # asked again, so the same is said once more on a new one.
            self.close()
            if not was_open:
                raise
        return self._once(method, path, data)

    def _once(self, method: str, path: str, data: bytes | None) -> Answer:
        self._line.request(method, path, body=data, headers=self._headers)
        answer = self._line.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def _object(self, text: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise AdapterError(f"{self.where} answers with something else than JSON")
        return answer


def items(answer: Mapping[str, Any], name: str) -> list[Any]:
    """The list of this name in an answer."""
    return part(answer, name, list)


def part(answer: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """What an answer has under this name.

    Raises:
        AdapterError: It has nothing of this kind there.
    """
    found = answer.get(name)
    if not isinstance(found, kind):
        raise AdapterError(
            f"the server's answer has no {name!r}: is it of our version?"
        )
    return found


def error_of(answer: Answer, path: str) -> ClaudeMemError:
    """The error of ours that a server told."""
    try:
        told = json.loads(answer.text)
        message, code = str(told["message"]), told.get("code")
    except (ValueError, KeyError, TypeError):
        message, code = f"HTTP {answer.status} without a reason", None
    if answer.status == _NOT_FOUND:
        absent = _ABSENT.fullmatch(message)
        return NotFoundError(*(absent.groups() if absent else ("record", path)))
    if answer.status in (_USED_UP, _TOO_OFTEN):
        return _later(answer, message)
    if code == StorageReadOnlyError.code:
        return StorageReadOnlyError(message)
    kind = _OF_STATUS.get(answer.status, AdapterError)
    return kind(message)


def _later(answer: Answer, message: str) -> ClaudeMemError:
    after = timedelta(seconds=_number(answer.headers["Retry-After"]))
    if answer.status == _USED_UP:
        return QuotaExceededError(message, retry_after=after)
    limit = _number(answer.headers["X-RateLimit-Limit"])
    return RateLimitedError(message, retry_after=after, limit=limit)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
