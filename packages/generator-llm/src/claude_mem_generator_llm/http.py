# SPDX-License-Identifier: Apache-2.0
"""One POST of JSON, bounded in time and size, and to nobody but whom is named."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from ssl import SSLContext
from typing import cast

import httpx2
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import GeneratorError
from pydantic_core import to_json

LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer that are read; a memory of a turn takes a few thousand."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back.

    Attributes:
        headers: By their names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """The way to a provider.

    A redirect is an answer like any other: a key is sent nowhere but where the user
    said. The environment is not looked at, neither for proxies nor for passwords.

    Args:
        timeout: Seconds that one call may take, its body read.
        proxy: The proxy to go through.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        timeout: float,
        *,
        proxy: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout = timeout
        self._proxy = proxy
        self._clock = clock

    @cached_property
    def _trust(self) -> SSLContext:
        return httpx2.create_ssl_context(trust_env=False)

    def post(
        self, url: str, headers: Mapping[str, str], content: JsonObject
    ) -> Answered:
        """The answer to a body of JSON.

        Raises:
            GeneratorError: Nobody answered in time, or with too much.
        """
        end = self._clock() + self._timeout
        with self._told(), self._client() as client:
            asked = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
            with client.stream(
                "POST", url, content=to_json(content), headers={**asked, **headers}
            ) as response:
                found = {name.lower(): text for name, text in response.headers.items()}
                body = self._body(response, end)
                return Answered(response.status_code, found, body)

    def _client(self) -> httpx2.Client:
        return httpx2.Client(
            timeout=self._timeout,
            proxy=self._proxy,
            verify=self._trust,
            trust_env=False,
            follow_redirects=False,
        )

    def _body(self, response: httpx2.Response, end: float) -> bytes:
        """The body as it comes: one that is packed is not unpacked, however small."""
        read = bytearray()
        for piece in response.iter_raw():
            read += piece
            if len(read) > LARGEST_ANSWER:
                message = f"it answered with more than {LARGEST_ANSWER} bytes"
                raise GeneratorError(message, kind="unrecoverable")
            if self._clock() > end:
                raise self._too_slow()
        return bytes(read)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell failures in our words: the client's may repeat what was sent."""
        try:
            yield
        except httpx2.TimeoutException:
            raise self._too_slow() from None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            name = cast("type[Exception]", type(error)).__name__
            raise GeneratorError(
                f"it does not answer ({name})", kind="transient"
            ) from None

    def _too_slow(self) -> GeneratorError:
        message = f"it did not answer within {self._timeout:g} s"
        return GeneratorError(message, kind="transient")
