# SPDX-License-Identifier: Apache-2.0
"""A runtime in this process, and a server of its tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from claude_mem_core.launch import open_in_process
from claude_mem_core.runtime import Runtime
from claude_mem_mcp_adapter.server import build_server
from claude_mem_mcp_adapter.whom import of_process
from mcp_calls import FOLDER


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with open_in_process() as opened:
        yield opened


@pytest.fixture
def server(runtime: Runtime) -> Any:
    who = of_process(None, FOLDER)
    return build_server(lambda: runtime, who, observation_names=True)
