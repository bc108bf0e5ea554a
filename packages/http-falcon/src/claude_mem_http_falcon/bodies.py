# SPDX-License-Identifier: Apache-2.0
"""Bodies: JSON and nothing else, no longer than the route allows."""

from __future__ import annotations

import re

from pydantic import JsonValue

from claude_mem_http_falcon.exchange import Request, Response
from claude_mem_http_falcon.head import Head
from claude_mem_http_falcon.parameters import require_known
from claude_mem_http_falcon.problems import ProtocolError
from claude_mem_http_falcon.routes import Body, route_of

_JSON = re.compile(
    r'application/json[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?', re.IGNORECASE
)


class Bodies:
    """The layer that reads a body into JSON, by the rules of its route."""

    def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, str]
    ) -> None:
        """Refuse what is too long (413), not JSON by name (415) or in fact (400).

        A parameter in the address that the route does not take is refused too (400).
        """
        del resp, resource, params
        route = route_of(req.method, req.uri_template)
        if route is not None and route.path.startswith("/v1/") and route.deed:
            require_known(req, route.takes, route.lists)
        if route is not None and route.body is not None:
            req.context.document = _document(req, route.body)


def _document(req: Request, body: Body) -> JsonValue:
    length = req.content_length or 0
    if length == 0 and body.may_be_absent:
        return {}
    if length > body.limit:
        message = f"the body has {length} bytes; send at most {body.limit}"
        raise ProtocolError(413, message)
    _require_json(req.head)
    return body.read(req.bounded_stream.read())


def _require_json(head: Head) -> None:
    if not _JSON.fullmatch(head.header("Content-Type") or ""):
        raise ProtocolError(415, "Content-Type is not application/json in UTF-8")
    if (head.header("Content-Encoding") or "identity").lower() != "identity":
        raise ProtocolError(415, "Content-Encoding is not identity; send plain JSON")
