# SPDX-License-Identifier: Apache-2.0
"""Where the conformance suite and the inspector are installed."""

from __future__ import annotations

import os
from pathlib import Path

TOOLS = Path(
    os.environ.get("MCP_TOOLS") or Path(__file__).parents[1] / ".mcp-tools"
).absolute()
MODULES = TOOLS / "node_modules"
NODE_BIN = MODULES / "node" / "bin"
CONFORMANCE = MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
INSPECTOR = MODULES / ".bin" / "mcp-inspector"
