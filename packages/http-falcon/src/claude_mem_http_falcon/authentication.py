# SPDX-License-Identifier: Apache-2.0
"""Who is asking, and whether the key allows what is asked."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.scopes import EVERYTHING
from claude_mem_core.errors import ForbiddenError
from claude_mem_core.services.access import Access

from claude_mem_http_falcon.exchange import Request, Response
from claude_mem_http_falcon.gate import Headers
from claude_mem_http_falcon.routes import is_open, route_of

_SCHEME = "bearer "


class Authentication:
    """The layer that makes a principal of a credential, before any body is read."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def process_request(self, req: Request, resp: Response) -> None:
        """Refuse whoever has no key that counts (401)."""
        del resp
        if not is_open(req.path):
            req.context.caller = self.identify(req.get_header)

    def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, str]
    ) -> None:
        """Refuse a key that does not allow the route (403)."""
        del resp, resource, params
        route = route_of(req.method, req.uri_template)
        if route is not None and route.scope is not None:
            require([route.scope], req.caller)

    def identify(self, header: Headers) -> Principal:
        """The caller; `UnauthenticatedError` for nobody."""
        return self._access.authenticate(credential(header))


def credential(header: Headers) -> str | None:
    """The key that came along: the bearer token, else `X-Api-Key`."""
    authorization = header("Authorization") or ""
    if authorization[: len(_SCHEME)].lower() == _SCHEME:
        return authorization[len(_SCHEME) :].strip()
    return header("X-Api-Key")


def require(scopes: Sequence[str], caller: Principal) -> None:
    """Nothing, for a caller whose key has one of the scopes."""
    if not caller.scopes & {*scopes, EVERYTHING}:
        raise ForbiddenError(
            f"the key lacks the scope {' or '.join(map(repr, scopes))}"
        )
