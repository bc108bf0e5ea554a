# SPDX-License-Identifier: Apache-2.0
"""The outermost check: is this request meant for us, and from where does it come?

A page in a browser can make the browser send requests to this machine. Its name
for us (`Host`) and its own name (`Origin`) give it away, and the browser lets no
page change either.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from claude_mem_core.errors import ForbiddenError

from claude_mem_http_falcon.exchange import Request, Response
from claude_mem_http_falcon.problems import ProtocolError

Headers: TypeAlias = Callable[[str], str | None]
"""A header field by its name, None when the request has none."""

_LOOPBACK = re.compile(
    r"(?:localhost|127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?", re.IGNORECASE
)
_PORTS = range(1, 65536)
_OWN_PAGES = ("same-origin", "none")


class Gate:
    """The layer that lets in nothing that a foreign page could have sent."""

    def process_request(self, req: Request, resp: Response) -> None:
        """Refuse a wrong `Host` (421) and a foreign page (403)."""
        del resp
        check_way(req.get_header)


def check_way(header: Headers) -> None:
    """Nothing, for a request that came to our name and from no foreign page.

    Raises:
        ProtocolError: `Host` is absent, doubled, or not a name of loopback.
        ForbiddenError: A page of another origin had the request sent.
    """
    host = header("Host") or ""
    match = _LOOPBACK.fullmatch(host)
    if match is None or int(match[1] or 1) not in _PORTS:
        message = "Host is not 127.0.0.1, localhost or [::1]; use one of these"
        raise ProtocolError(421, message)
    origin = header("Origin")
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        raise ForbiddenError("the request comes from a page of another origin")
    site = header("Sec-Fetch-Site")
    if site is not None and site.lower() not in _OWN_PAGES:
        raise ForbiddenError("the request comes from a page of another site")
