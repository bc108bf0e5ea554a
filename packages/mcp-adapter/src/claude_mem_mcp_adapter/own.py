# SPDX-License-Identifier: Apache-2.0
"""A stack of our own behind standard input, where no server runs on the data folder."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import anyio
from claude_mem_core.domain.project_identity import ProjectFacts
from mcp.server.mcpserver import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import ErrorData, JSONRPCError

from claude_mem_mcp_adapter.messages import (
    PARSE_ERROR,
    NotAMessageError,
    message_of,
)
from claude_mem_mcp_adapter.server import build_server
from claude_mem_mcp_adapter.settings import McpSettings
from claude_mem_mcp_adapter.whom import of_process

if TYPE_CHECKING:
    # They take longer to import than all else, and the first call needs them.
    from claude_mem_core.runtime import Runtime
    from mcp.shared._stream_protocols import ReadStream, WriteStream


def serve_alone(
    env: Mapping[str, str], settings: McpSettings, facts: ProjectFacts
) -> None:
    """Serve until standard input ends; the store is opened by the first call."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)

    def opening() -> Runtime:
        from claude_mem_core.launch import open_runtime

        return open_runtime(env)

    store = Store(opening)
    server = build_server(
        store.opened,
        of_process(settings.key, facts),
        observation_names=settings.mcp_observation_names,
    )
    gc.freeze()
    gc.enable()
    try:
        anyio.run(_served, server)
    finally:
        store.close()


async def _served(server: MCPServer[Any]) -> None:
    """Serve standard input, and answer what in it is no message: the SDK leaves it."""
    wanted, read = anyio.create_memory_object_stream[SessionMessage | Exception]()
    inner = server._lowlevel_server  # noqa: SLF001 - it has no other name
    options = inner.create_initialization_options()
    lines = _Lines(_claimed_input())
    stdin = cast("anyio.AsyncFile[str]", lines)
    async with (
        stdio_server(stdin=stdin) as (given, taken),
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(_sort, given, wanted, taken, lines)
        await inner.run(read, taken, options)
        tasks.cancel_scope.cancel()


async def _sort(
    given: ReadStream[SessionMessage | Exception],
    wanted: WriteStream[SessionMessage | Exception],
    taken: WriteStream[SessionMessage],
    lines: _Lines,
) -> None:
    """Hand on the messages until standard input ends, and answer the rest."""
    async with wanted:
        async for one in given:
            if isinstance(one, Exception):
                await taken.send(SessionMessage(lines.refusal()))
            else:
                await wanted.send(one)


class _Lines:
    """The lines of standard input, with what is wrong with each that is no message.

    The SDK would take a request whose `id` is none for a notification, and whoever
    sent it would wait for ever.
    """

    def __init__(self, given: BinaryIO) -> None:
        self._given = anyio.wrap_file(given)
        self._refusals: list[Mapping[str, Any]] = []

    async def __aiter__(self) -> AsyncIterator[str]:
        async for line in self._given:
            if not line.strip():
                continue
            try:
                message_of(line)
            except NotAMessageError as error:
                self._refusals.append(error.answer)
                # The SDK cannot read it either, and says so in the order of the lines.
                yield ""
            else:
                yield line.decode("utf-8", "replace")

    def refusal(self) -> JSONRPCError:
        """The answer to the line that the SDK could not read."""
        if self._refusals:
            return JSONRPCError.model_validate(self._refusals.pop(0))
        error = ErrorData(
            code=PARSE_ERROR, message="the line is no message of JSON-RPC"
        )
        return JSONRPCError(jsonrpc="2.0", id=None, error=error)


def _claimed_input() -> BinaryIO:
    """Standard input for the protocol alone: what else reads there finds its end."""
    ours = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return os.fdopen(ours, "rb", closefd=False)


class Store:
    """A runtime that is opened once, when somebody needs it."""

    def __init__(self, opening: Callable[[], Runtime]) -> None:
        self._opening = opening
        self._runtime: Runtime | None = None
        self._turn = threading.Lock()

    def opened(self) -> Runtime:
        """The runtime; what it fails with is told, and the next call tries again."""
        with self._turn:
            if self._runtime is None:
                self._runtime = self._opening()
                # It keeps its audit log and the ledger in order; a server or a worker
                # makes the memories.
                self._runtime.start(work=False)
            return self._runtime

    def close(self) -> None:
        """Let go of what is open."""
        with self._turn:
            if self._runtime is not None:
                self._runtime.close()
