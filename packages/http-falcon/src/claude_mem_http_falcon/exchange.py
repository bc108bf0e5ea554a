# SPDX-License-Identifier: Apache-2.0
"""A request as the resources read it, and how they show an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import falcon
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.memory_item import MemoryKind
from claude_mem_core.domain.redaction.redactor import Redactor
from claude_mem_core.domain.value import JsonObject, Value
from pydantic import JsonValue
from pydantic_core import to_json

from claude_mem_http_falcon.head import Head

Response: TypeAlias = falcon.Response
Counts: TypeAlias = Mapping[MemoryKind, int]
Shown: TypeAlias = Value | JsonValue | Counts | Sequence[Value | JsonValue]

REDACTOR = Redactor()
"""For logs and refusals: whatever is kept elsewhere, they hold no secret."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_]{0,63}")

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""What every answer carries."""


class Request(falcon.Request):
    """A request with what the layers before the resources found out."""

    @property
    def head(self) -> Head:
        """The request without its body."""
        # Falcon takes an address that a WSGI server does not tell for loopback's.
        peer = str(self.env.get("REMOTE_ADDR", ""))
        return Head(self.method, self.path, peer, self.headers)

    @property
    def request_id(self) -> str:
        """The id under which the log speaks of the request."""
        return cast("str", self.context.request_id)

    @property
    def caller(self) -> Principal:
        """Who is asking."""
        return cast("Principal", self.context.caller)

    @property
    def document(self) -> JsonValue:
        """The JSON of the body."""
        return cast("JsonValue", self.context.document)

    @property
    def hook_payload(self) -> JsonObject:
        """The JSON of the body, on a route whose reader gives objects only."""
        return cast("JsonObject", self.context.document)


def acceptable_request_id(given: str | None) -> str | None:
    """The caller's own id for the request, if it is safe to repeat."""
    if given is None or not _REQUEST_ID.fullmatch(given) or REDACTOR.secrets(given):
        return None
    return given


def show(resp: Response, status: int = 200, /, **parts: Shown) -> None:
    """Answer with a JSON object of these parts, values by their wire names."""
    resp.status = status
    resp.content_type = "application/json"
    resp.data = to_json(parts, by_alias=True)
