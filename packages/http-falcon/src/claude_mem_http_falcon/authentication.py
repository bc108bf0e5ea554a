# SPDX-License-Identifier: Apache-2.0
"""Who is asking, and whether they may do what the route's deed is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from math import ceil

from claude_mem_core.domain.access import WARN_BEFORE, Principal
from claude_mem_core.domain.guard import require_scope, require_standing
from claude_mem_core.domain.value import millis
from claude_mem_core.errors import UnauthenticatedError
from claude_mem_core.services.access import Access
from claude_mem_core.services.limits import Limits, Standing
from claude_mem_core.services.teams import Teams

from claude_mem_http_falcon.exchange import Request, Response
from claude_mem_http_falcon.gate import is_of_own_origin, is_of_own_site
from claude_mem_http_falcon.head import Head
from claude_mem_http_falcon.routes import is_open, route_of, row_at
from claude_mem_http_falcon.settings import AuthMode

EXPIRES = "X-Api-Key-Expires"
"""When the caller's key ends: told in its last two weeks."""

_SCHEME = "bearer "


class Authentication:
    """The layer that makes a principal of a credential, before any body is read."""

    def __init__(
        self,
        access: Access,
        teams: Teams,
        limits: Limits,
        now: Callable[[], int],
        mode: AuthMode,
    ) -> None:
        self._access = access
        self._teams = teams
        self._limits = limits
        self._now = now
        self._mode = mode

    def process_request(self, req: Request, resp: Response) -> None:
        """Refuse whoever has no key that counts (401)."""
        del resp
        if not is_open(req.path):
            req.context.caller = self.identify(req.head)

    def process_resource(
        self, req: Request, resp: Response, resource: object, params: dict[str, str]
    ) -> None:
        """Refuse whoever may not do the route's deed (403, 404), or not now (429)."""
        del resp, resource
        route = route_of(req.method, req.uri_template)
        if route is None or route.deed is None:
            return
        require_scope(route.deed, req.caller)
        require_standing(route.deed, req.caller)
        if not route.mounted:
            req.context.standing = self._limits.admit(route.deed, by=req.caller)
        if "team_id" in params:
            named = params["team_id"]
            req.context.caller = acting_for(named, req.caller, self._teams)

    def process_response(
        self, req: Request, resp: Response, resource: object, succeeded: object
    ) -> None:
        """Tell the holder of a key what is left of it, and when it is going to end."""
        del resource, succeeded
        standing: Standing | None = req.context.get("standing")
        if standing is not None:
            resp.set_headers(rate_of(standing))
        caller: Principal | None = req.context.get("caller")
        ends = None if caller is None else caller.expires_at_epoch
        if ends is not None and ends - self._now() <= millis(WARN_BEFORE):
            moment = datetime.fromtimestamp(ends / 1000, UTC)
            resp.set_header(EXPIRES, format_datetime(moment, usegmt=True))

    def identify(self, head: Head) -> Principal:
        """The caller.

        Raises:
            RateLimitedError: Too many come from there that nobody knows.
            UnauthenticatedError: It is nobody.
        """
        if self._mode == "local-dev" and is_open_locally(head):
            return Principal.without_key()
        at_home = head.is_from_this_machine
        try:
            return self._access.authenticate(credential(head), at_home=at_home)
        except UnauthenticatedError:
            self._limits.failed(head.peer)
            raise


def rate_of(standing: Standing) -> dict[str, str]:
    """What is left of a key's allowance (draft-ietf-httpapi-ratelimit-headers-10)."""
    allowance, verdict = standing.allowance, standing.verdict
    span, after = allowance.per.total_seconds(), verdict.full_after.total_seconds()
    return {
        "RateLimit-Policy": f'"{allowance.name}";q={allowance.amount};w={span:.0f}',
        "RateLimit": f'"{allowance.name}";r={verdict.remaining};t={ceil(after)}',
    }


def credential(head: Head) -> str | None:
    """The key that came along: the bearer token, else `X-Api-Key`."""
    authorization = head.header("Authorization") or ""
    if authorization[: len(_SCHEME)].lower() == _SCHEME:
        return authorization[len(_SCHEME) :].strip()
    return head.header("X-Api-Key")


def is_open_locally(head: Head) -> bool:
    """Whether `local-dev` lets a request in that has no key.

    It serves memories, it comes from a program of this machine or from a page of this
    server, and no key came with it: one that does not count is refused as ever.
    """
    row = row_at(head.method, head.path)
    serves = row is not None and row.deed is not None and row.deed.does == "serves"
    keyless = {"AUTHORIZATION", "X-API-KEY"}.isdisjoint(head.fields)
    ours = is_of_own_origin(head) and is_of_own_site(head)
    return serves and keyless and ours and head.is_from_this_machine


def acting_for(named: str, caller: Principal, teams: Teams) -> Principal:
    """The caller as one who sees to the team that the address names.

    Args:
        named: Its id; for who runs the server its slug will do.
        caller: Who asks.
        teams: All teams.

    Raises:
        NotFoundError: There is none, or it is another's: the two look alike.
    """
    team_id = teams.find(named, by=caller).id if caller.is_operator else named
    return caller.acting_for(team_id)
