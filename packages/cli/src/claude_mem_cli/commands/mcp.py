# SPDX-License-Identifier: Apache-2.0
"""`claude-mem mcp`: the memory's tools over standard input and output."""

from __future__ import annotations

import os

import click


@click.command
def mcp() -> None:
    """Serve the memory's tools over MCP, on standard input and output.

    An agent's host starts this, not you. Where a server runs on the data folder it
    does the work; else this process opens the store. It ends when its input does.
    """
    from claude_mem_core.launch import open_tool_server

    open_tool_server("mcp", os.environ).serve(os.environ)
