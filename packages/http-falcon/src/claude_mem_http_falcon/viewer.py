# SPDX-License-Identifier: Apache-2.0
"""The viewer: a page that shows what is remembered, and how it is let in.

The page and its files are the same for everybody and hold nothing of anybody's, so they
need no key. All that they show comes over `/v1`, with one.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from claude_mem_core.domain.viewing import ViewerEntry
from claude_mem_core.errors import UnauthenticatedError
from claude_mem_core.services.limits import Limits
from claude_mem_core.services.viewing import Viewing

from claude_mem_http_falcon.exchange import Request, Response, show
from claude_mem_http_falcon.parts import PARTS
from claude_mem_http_falcon.problems import ProtocolError
from claude_mem_http_falcon.routes import PAGE

FOLDER: Final = files("claude_mem_http_falcon") / "viewer"
INDEX: Final = "index.html"

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'none'"
)
"""What a browser lets the page do: load what is here, and ask this server."""


class ViewerResource:
    """The page."""

    def __init__(self) -> None:
        self._page = (FOLDER / INDEX).read_bytes()

    def on_get(self, req: Request, resp: Response) -> None:
        """Show the viewer page, which holds no data."""
        del req
        _serve(resp, self._page, PAGE)


class ViewerFileResource:
    """What the page is made of."""

    def __init__(self) -> None:
        self._files: Mapping[str, bytes] = {
            name: (FOLDER / name).read_bytes() for name in PARTS
        }

    def on_get(self, req: Request, resp: Response, file: str) -> None:
        """Show a file of the viewer page."""
        if file not in self._files:
            raise ProtocolError(404, f"Cannot {req.method} {req.path}")
        _serve(resp, self._files[file], PARTS[file])


class ViewerCodesResource:
    """Where a way into the page is asked for."""

    def __init__(self, viewing: Viewing) -> None:
        self._viewing = viewing

    def on_post(self, req: Request, resp: Response) -> None:
        """Make an address that lets one page in, within a minute."""
        made = self._viewing.invite(by=req.caller)
        # What follows # stays in the browser: no request and no log has it.
        address = f"{req.scheme}://{req.get_header('Host')}/#code={made.code}"
        show(resp, 201, url=address, expiresAtEpoch=made.expires_at_epoch)


class ViewerSessionsResource:
    """Where the page is let in."""

    def __init__(self, viewing: Viewing, limits: Limits) -> None:
        self._viewing = viewing
        self._limits = limits

    def on_post(self, req: Request, resp: Response) -> None:
        """Give the key for a code, this once; it reads, and ends by itself."""
        entry = ViewerEntry.from_wire(req.document)
        try:
            new = self._viewing.enter(entry)
        except UnauthenticatedError:
            # Whoever guesses codes is slowed down like whoever guesses keys.
            self._limits.failed(req.head.peer)
            raise
        key = new.key
        show(
            resp,
            201,
            apiKey=new.raw,
            expiresAtEpoch=key.expires_at_epoch,
            key=key.shown,
        )


def _serve(resp: Response, content: bytes, content_type: str) -> None:
    resp.content_type = content_type
    resp.data = content
    resp.set_header("Content-Security-Policy", POLICY)
