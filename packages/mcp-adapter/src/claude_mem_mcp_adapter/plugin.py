# SPDX-License-Identifier: Apache-2.0
"""What this distribution offers to the plugin host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from claude_mem_core.front_end import Mount, ToolServer
from claude_mem_core.plugins import Adapter, hookimpl
from claude_mem_core.runtime import Runtime
from typing_extensions import override

from claude_mem_mcp_adapter.settings import McpSettings


@hookimpl
def claude_mem_tool_servers() -> Iterable[Adapter[ToolServer]]:
    """Offer MCP."""
    return [Adapter("mcp", McpSettings, lambda settings, _: McpServer(settings))]


class McpServer(ToolServer):
    """MCP: the SDK takes a second to import, so that is done when it is used."""

    def __init__(self, settings: McpSettings) -> None:
        self._settings = settings

    @override
    def serve(self, env: Mapping[str, str]) -> None:
        from claude_mem_mcp_adapter.stdio import serve

        serve(env, self._settings)

    @override
    def mounted(self, runtime: Runtime) -> Mount:
        from claude_mem_mcp_adapter.mount import McpMount

        return McpMount(runtime, self._settings)
