# SPDX-License-Identifier: Apache-2.0
"""The outermost check: is this request meant for us, and from where does it come?

A page in a browser can make the browser send requests to this machine. Its name
for us (`Host`) and its own name (`Origin`) give it away, and the browser lets no
page change either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from claude_mem_core.errors import ForbiddenError

from claude_mem_http_falcon.exchange import Request, Response
from claude_mem_http_falcon.head import Head
from claude_mem_http_falcon.problems import ProtocolError
from claude_mem_http_falcon.routes import ROUTES
from claude_mem_http_falcon.settings import HttpSettings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names by which this machine calls itself."""

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.\-]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_PORTS = range(1, 65536)
_OWN_PAGES = ("same-origin", "none")
_PREFLIGHT = {
    "Access-Control-Allow-Methods": ", ".join(sorted({row.method for row in ROUTES})),
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


class Gate:
    """The layer that lets in nothing that a foreign page could have sent."""

    def __init__(self, settings: HttpSettings) -> None:
        self._names = LOOPBACK | settings.names
        self._origins = settings.origins

    def process_request(self, req: Request, resp: Response) -> None:
        """Refuse a wrong `Host` (421) and a foreign page (403); answer a preflight."""
        self.check(req.head)
        if self._is_preflight(req.head):
            resp.status = HTTPStatus.NO_CONTENT.value
            resp.set_headers(_PREFLIGHT)
            resp.complete = True

    def process_response(
        self, req: Request, resp: Response, resource: object, succeeded: object
    ) -> None:
        """Let the page of an origin that is named read the answer."""
        del resource, succeeded
        resp.set_headers(dict(self.told(req.head)))

    def check(self, head: Head) -> None:
        """Nothing, for a request that came to our name and from no foreign page.

        Raises:
            ProtocolError: `Host` is absent, doubled, or not a name of this server.
            ForbiddenError: A page of another origin had the request sent.
        """
        name = _HOST.fullmatch(head.header("Host") or "")
        is_ours = name is not None and name[1].lower() in self._names
        if name is None or not is_ours or int(name[2] or 1) not in _PORTS:
            message = (
                "Host is not 127.0.0.1, localhost or [::1]; use one of these, or name "
                "another in CLAUDE_MEM_ALLOWED_HOSTS"
            )
            raise ProtocolError(421, message)
        if self._is_named(head):
            return
        if not is_of_own_origin(head):
            raise ForbiddenError("the request comes from a page of another origin")
        if not is_of_own_site(head):
            raise ForbiddenError("the request comes from a page of another site")

    def told(self, head: Head) -> Mapping[str, str]:
        """What an answer tells a browser of who may read it."""
        if not self._origins:
            return {}
        allowed = {"Access-Control-Allow-Origin": head.header("Origin") or ""}
        return {"Vary": "Origin", **(allowed if self._is_named(head) else {})}

    def _is_named(self, head: Head) -> bool:
        return (head.header("Origin") or "") in self._origins

    def _is_preflight(self, head: Head) -> bool:
        asks = head.header("Access-Control-Request-Method") is not None
        return head.method == "OPTIONS" and asks and self._is_named(head)


def is_of_own_origin(head: Head) -> bool:
    """Whether no page had the request sent, or one that came from this server."""
    origin, host = head.header("Origin"), head.header("Host") or ""
    return origin is None or origin.lower() == f"http://{host.lower()}"


def is_of_own_site(head: Head) -> bool:
    """Whether the browser, if one sent it, tells of no other site."""
    site = head.header("Sec-Fetch-Site")
    return site is None or site.lower() in _OWN_PAGES
