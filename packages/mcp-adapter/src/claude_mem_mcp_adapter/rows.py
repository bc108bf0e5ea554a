# SPDX-License-Identifier: Apache-2.0
"""The tables' rows as the SDK lists and calls them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import anyio.to_thread
from claude_mem_core.domain.keeping import KEEPING
from claude_mem_core.errors import ClaudeMemError
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import PromptArgument, UserMessage
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from typing_extensions import override

from claude_mem_mcp_adapter import answers
from claude_mem_mcp_adapter.answers import Answer
from claude_mem_mcp_adapter.counter import (
    Counter,
    Request,
    or_protocol,
    protocol_error,
)
from claude_mem_mcp_adapter.desk import Desk
from claude_mem_mcp_adapter.errors import UNFORESEEN, row_of, told
from claude_mem_mcp_adapter.prompts import PromptSpec
from claude_mem_mcp_adapter.resources import ResourceSpec
from claude_mem_mcp_adapter.tools import ToolSpec

log = logging.getLogger(__name__)


class MemoryTool(Tool):
    """A row of the tools: what it is sent is read by our rules, not by a signature."""

    spec: ToolSpec = Field(exclude=True)
    call: Callable[[Mapping[str, Any], Request], tuple[Answer, str]] = Field(
        exclude=True
    )

    @override
    async def run(
        self,
        arguments: dict[str, Any],
        context: Context[Any, Any],
        convert_result: bool = False,
    ) -> CallToolResult:
        request = context.request_context
        return await anyio.to_thread.run_sync(self._result, arguments, request)

    def _result(self, arguments: Mapping[str, Any], request: Request) -> CallToolResult:
        try:
            answer, text = self.call(arguments, request)
        except ClaudeMemError as error:
            if row_of(error).is_protocol:
                raise protocol_error(error) from None
            return _failed(told(error))
        except Exception as error:  # noqa: BLE001 - a model must not read our inside
            log.error("the tool %s failed: %s", self.name, KEEPING.traced(error))  # noqa: TRY400 - without its secrets
            return _failed(UNFORESEEN)
        shown = f"{text}\n{answer.next}" if text else answer.next
        return CallToolResult(
            content=[TextContent(type="text", text=shown)],
            structured_content=dict(answers.wire(answer)),
        )


def tool_of(row: ToolSpec, counter: Counter) -> MemoryTool:
    """A row of the tools as the SDK has it."""

    def call(arguments: Mapping[str, Any], request: Request) -> tuple[Answer, str]:
        def does(desk: Desk) -> tuple[Answer, str]:
            return row.does(desk, row.takes.read(arguments))

        return counter.serve(request, row.deed, does)

    return MemoryTool(
        fn=row.does,
        name=row.name,
        title=row.title,
        description=row.about,
        parameters=row.takes.schema_told(),
        fn_metadata=FuncMetadata(
            arg_model=ArgModelBase, output_schema=_schema(row.gives)
        ),
        is_async=False,
        context_kwarg=None,
        annotations=ToolAnnotations(
            title=row.title,
            read_only_hint=row.reads,
            destructive_hint=row.destroys,
            idempotent_hint=row.repeats,
            open_world_hint=False,
        ),
        spec=row,
        call=call,
    )


def reader_of(row: ResourceSpec, counter: Counter) -> Callable[..., str]:
    """What reads a resource, with its id and the SDK's context."""

    def read(id: str, ctx: Context[Any, Any]) -> str:  # noqa: A002 - the template's name
        def does(desk: Desk) -> str:
            return row.does(desk, id)

        serve = partial(counter.serve, ctx.request_context, row.deed, does)
        return or_protocol(serve)

    return read


def prompt_of(row: PromptSpec, counter: Counter) -> Prompt:
    """A row of the prompts as the SDK has it."""

    def fill(ctx: Context[Any, Any], **given: str) -> UserMessage:
        def does(desk: Desk) -> str:
            return row.does(desk, given)

        serve = partial(counter.serve, ctx.request_context, row.deed, does)
        return UserMessage(or_protocol(serve))

    return Prompt(
        name=row.name,
        title=row.title,
        description=row.about,
        arguments=[
            PromptArgument(name=one.name, description=one.about, required=one.required)
            for one in row.takes
        ],
        fn=fill,
        context_kwarg="ctx",
    )


@cache
def _schema(gives: type[Answer]) -> dict[str, Any]:
    """The schema of an answer: several tools give the same one."""
    return gives.model_json_schema(by_alias=True)


def _failed(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)
