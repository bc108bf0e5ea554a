# SPDX-License-Identifier: Apache-2.0
"""The SDK's own client, for tests that are no coroutines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
from claude_mem_core.domain.project_identity import ProjectFacts
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

T = TypeVar("T")

FOLDER = ProjectFacts(folder="/home/me/lighthouse", looked=True)
"""Where the agent works."""

ERAS = ("auto", "legacy")
"""`auto` speaks 2026-07-28, `legacy` speaks 2025-11-25."""


def within(target: Any, mode: str, deed: Callable[[Client], Awaitable[T]]) -> T:
    """What a deed gives that a connected client does."""

    async def done() -> T | MCPError:
        with anyio.fail_after(60):
            async with Client(target, mode=mode) as client:
                try:
                    return await deed(client)
                except MCPError as error:
                    # Raised in here it would end as a group of groups.
                    return error

    result = anyio.run(done)
    if isinstance(result, MCPError):
        raise result
    return result


def call(target: Any, name: str, mode: str = "auto", **given: object) -> CallToolResult:
    """The result of a tool."""

    async def called(client: Client) -> CallToolResult:
        return await client.call_tool(name, given)

    return within(target, mode, called)


def text(result: CallToolResult) -> str:
    """What a model reads of it."""
    return "".join(part.text for part in result.content)
