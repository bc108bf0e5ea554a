# SPDX-License-Identifier: Apache-2.0
"""What is told of a tool or a prompt that is not there, or is asked for the wrong way.

The SDK has an error without a code for it, or one that hides what is wrong.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from claude_mem_core.domain.value import ERRORS_REDACTOR, LONGEST_KEY_TOLD
from mcp.server.context import HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import Prompt

from claude_mem_mcp_adapter.messages import INVALID_PARAMS

Request = ServerRequestContext[Any, Any]
Served = Callable[[], MCPServer[Any]]


def naming(served: Served) -> ServerMiddleware[Any]:
    """What refuses to call what is not there, and says what is.

    Args:
        served: Gives the server, once it is built.
    """
    tools: list[str] = []

    async def passed(
        ctx: Request, call_next: Callable[[Request], Awaitable[HandlerResult]]
    ) -> HandlerResult:
        if ctx.method == "prompts/get":
            require_prompt(await served().list_prompts(), ctx.params or {})
        elif ctx.method == "tools/call":
            if not tools:
                tools.extend(one.name for one in await served().list_tools())
            require_known("tool", tools, str((ctx.params or {}).get("name")))
        return await call_next(ctx)

    return passed


def require_known(kind: str, names: Sequence[str], name: str) -> None:
    """Nothing, where there is one of this name.

    Raises:
        MCPError: It names those there are.
    """
    if name not in names:
        told = f"no {kind} is called {_short(name)!r}; there are: {', '.join(names)}"
        raise MCPError(INVALID_PARAMS, told)


def require_prompt(prompts: Sequence[Prompt], params: Mapping[str, Any]) -> None:
    """Nothing, where the prompt is there and is given what it takes.

    Raises:
        MCPError: It names the prompts that there are, or the arguments.
    """
    name, given = str(params.get("name")), params.get("arguments") or {}
    require_known("prompt", [one.name for one in prompts], name)
    takes = next(one.arguments or [] for one in prompts if one.name == name)
    known = ", ".join(one.name for one in takes) or "none"
    for one in takes:
        if one.required and not given.get(one.name):
            raise MCPError(INVALID_PARAMS, f"{one.name}: {name} needs it; give it")
    for key, value in given.items():
        if key not in {one.name for one in takes}:
            told = f"{_short(key)}: {name} has no such argument; it takes {known}"
            raise MCPError(INVALID_PARAMS, told)
        if not isinstance(value, str):
            raise MCPError(INVALID_PARAMS, f"{key}: send a string")


def _short(name: str) -> str:
    return ERRORS_REDACTOR.text(name)[:LONGEST_KEY_TOLD]
