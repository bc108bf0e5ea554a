# SPDX-License-Identifier: Apache-2.0
"""Where everybody is asked who they are, and is served what their row does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import anyio.to_thread
from claude_mem_core.domain.deeds import DEEDS, Deed
from claude_mem_core.errors import AccessError, ClaudeMemError
from mcp.server.context import HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.shared.exceptions import MCPError

from claude_mem_mcp_adapter.desk import Asker, Desk
from claude_mem_mcp_adapter.errors import row_of, told

if TYPE_CHECKING:
    # They take longer to import than all else, and the first call needs them.
    from claude_mem_core.runtime import Runtime

Opened: TypeAlias = "Callable[[], Runtime]"
Request = ServerRequestContext[Any, Any]
Who: TypeAlias = "Callable[[Request, Runtime], Asker]"
T = TypeVar("T")

ADMITTED_BY_NAME = ("tools/call", "resources/read", "prompts/get")
"""The methods that name a row, whose own deed is counted."""


class Counter:
    """The way to the services, for each request anew.

    Args:
        opened: Gives the runtime, the same one each time.
        who: Who asks, told from the request.
    """

    def __init__(self, opened: Opened, who: Who) -> None:
        self._opened = opened
        self._who = who

    def serve(self, request: Request, deed: Deed, does: Callable[[Desk], T]) -> T:
        """What is done for a caller who may do the deed now; a refusal is audited.

        Raises:
            AccessError: They may not, or not now.
        """
        runtime = self._opened()
        desk = Desk(runtime, self._who(request, runtime))
        desk.admit(deed)
        try:
            return does(desk)
        except AccessError as error:
            # From deeper within, where a project's border is.
            desk.refused(deed, error)
            raise


def counting(counter: Counter) -> ServerMiddleware[Any]:
    """What counts the requests that name no row, such as a list, where they come far.

    Over standard input they do not, and are answered before the store is open.
    """
    deed = DEEDS["mcp.call"]

    async def passed(
        ctx: Request, call_next: Callable[[Request], Awaitable[HandlerResult]]
    ) -> HandlerResult:
        is_far = ctx.request is not None and ctx.request_id is not None
        if is_far and ctx.method not in ADMITTED_BY_NAME:

            def count() -> None:
                counter.serve(ctx, deed, lambda _: None)

            await anyio.to_thread.run_sync(or_protocol, count)
        return await call_next(ctx)

    return passed


def or_protocol(done: Callable[[], T]) -> T:
    """What `done` gives; each error of ours as one of the protocol."""
    try:
        return done()
    except ClaudeMemError as error:
        raise protocol_error(error) from None


def protocol_error(error: ClaudeMemError) -> MCPError:
    """An error as the protocol tells it."""
    return MCPError(
        code=row_of(error).code, message=told(error), data={"code": error.code}
    )
