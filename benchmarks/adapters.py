# SPDX-License-Identifier: Apache-2.0
"""The product's adapters in a folder, and the events that the benchmarks send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claude_mem_core.api import (
    AgentEventDraft,
    Principal,
    ProjectDraft,
    Runtime,
    assemble,
)
from claude_mem_core.launch import installed_plugins
from claude_mem_core.plugins import Adapter, T_co, Wiring
from claude_mem_core.ports.embedder import Embedder
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.system import RealSystem

ME = Principal.local()
OUTPUT = "x" * 600
"""A tool's output of the usual size: an event is then about 1 KB of JSON."""

SESSIONS = 20
START = 1_700_000_000_000


@contextmanager
def adapters(
    folder: Path, embedder: Embedder | None = None
) -> Iterator[tuple[Runtime, Storage, ObservationQueueEngine]]:
    """The services on a database in `folder`, and what they stand on."""
    system, plugins = RealSystem(), installed_plugins()
    storage = _opened(plugins.storage("sqlite"), Wiring(folder, system, no_storage))
    wiring = Wiring(folder, system, lambda: storage)
    queue = _opened(plugins.queue("sqlite"), wiring)
    generator = RuleBasedGenerator()
    runtime = assemble(
        storage=storage,
        queue=queue,
        generator=generator,
        embedder=embedder,
        system=system,
    )
    with runtime:
        yield runtime, storage, queue


def project(runtime: Runtime) -> str:
    """The id of a new project."""
    return runtime.projects.create(ProjectDraft(name="bench"), by=ME).id


def tool_use(project_id: str, number: int) -> AgentEventDraft:
    """The report of one tool call; successive ones are of different sessions."""
    return AgentEventDraft(
        project_id=project_id,
        source_type="hook",
        event_type="tool_use",
        content_session_id=f"session-{number % SESSIONS}",
        tool_use_id=f"toolu_{number}",
        occurred_at_epoch=START + number,
        payload={
            "tool_name": "Bash",
            "tool_input": {"command": f"pytest tests/test_{number}.py"},
            "tool_response": {"stdout": OUTPUT, "stderr": "", "interrupted": False},
        },
    )


def _opened(adapter: Adapter[T_co], wiring: Wiring) -> T_co:
    return adapter.open(adapter.settings.from_env({}), wiring)


def no_storage() -> Storage:
    """What an adapter that stands on no storage is given in place of one."""
    raise LookupError("a storage needs no other")
