# SPDX-License-Identifier: Apache-2.0
"""Every tool, resource and prompt, asked by everybody for everything.

What is expected is told by the rules of the reference and the table of deeds. The last
tests switch guards off, one at a time, and see that the matrix notices.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal

import pytest
from claude_mem_core.domain.project_identity import ProjectFacts
from claude_mem_core.runtime import Runtime
from claude_mem_mcp_adapter import desk
from claude_mem_mcp_adapter.desk import Asker
from claude_mem_mcp_adapter.prompts import PROMPTS, PromptSpec
from claude_mem_mcp_adapter.resources import RESOURCES, ResourceSpec
from claude_mem_mcp_adapter.server import build_server
from claude_mem_mcp_adapter.tools import OBSERVATION_TOOLS, TOOLS, ToolSpec
from claude_mem_mcp_adapter.whom import of_process
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_calls import call
from two_teams import Somebody, Thing, World, build, everybody

Row = ToolSpec | ResourceSpec | PromptSpec
Border = Literal["project", "record", "none"]
Given = Callable[[Thing], Mapping[str, Any]]
CANARY = re.compile(r"canary-[AB](?:-[12])?")
ROWS: list[Row] = [*TOOLS, *OBSERVATION_TOOLS, *RESOURCES, *PROMPTS]

BORDERS: Mapping[str, tuple[Border, Given]] = {
    "search": ("project", lambda t: {"query": "lamp", "project": t.project}),
    "timeline": ("project", lambda t: {"anchor": t.memory, "project": t.project}),
    "get_observations": ("none", lambda t: {"ids": [t.memory]}),
    "memory_search": ("project", lambda t: {"query": "lamp", "project": t.project}),
    "memory_context": ("project", lambda t: {"query": "lamp", "project": t.project}),
    "memory_list_recent": ("project", lambda t: {"project": t.project}),
    "memory_add": ("project", lambda t: {"content": "x", "project": t.project}),
    "memory_record_decision": (
        "project",
        lambda t: {"decision": "x", "project": t.project},
    ),
    "memory_supersede": ("record", lambda t: {"id": t.memory, "by": t.successor}),
    "memory_forget": ("record", lambda t: {"id": t.memory}),
    "memory_feedback": ("record", lambda t: {"id": t.memory, "useful": True}),
    "observation_add": ("project", lambda t: {"content": "x", "project": t.project}),
    "observation_search": (
        "project",
        lambda t: {"query": "lamp", "project": t.project},
    ),
    "observation_context": (
        "project",
        lambda t: {"query": "lamp", "project": t.project},
    ),
    "observation_record_event": (
        "project",
        lambda t: {"eventType": "tool_use", "project": t.project},
    ),
    "observation_generation_status": ("record", lambda t: {"jobId": t.job}),
    "memory": ("record", lambda t: {"id": t.memory}),
    "project-context": ("project", lambda t: {"id": t.project}),
    "session": ("record", lambda t: {"id": t.session}),
    "recall": ("project", lambda t: {"question": "lamp", "project": t.project}),
    "hand_over": ("project", lambda t: {"project": t.project}),
    "record_decision": ("none", lambda _: {"decision": "x"}),
}


@dataclass
class Matrix:
    """The world, and one client whose server is told anew each time who asks."""

    world: World
    somebody: Somebody | None = None

    def who(self, request: Any, runtime: Runtime) -> Asker:
        assert self.somebody is not None
        # An empty key would stand for whoever started the process.
        key = self.somebody.key or "none"
        return of_process(key, ProjectFacts())(request, runtime)

    def faults(self, row: Row, *, enough: int | None = None) -> list[str]:
        """What is wrong with the answers, and with what they left behind."""
        return asyncio.run(self._faults(row, enough))

    async def _faults(self, row: Row, enough: int | None) -> list[str]:
        people = everybody(self.world, row.deed.scope)
        server = build_server(
            lambda: self.world.runtime, self.who, observation_names=True
        )
        found: list[str] = []
        async with Client(server) as client:
            for somebody, thing in product(people, self.world.things.values()):
                self.somebody = somebody
                told = await self._one(client, row, somebody, thing)
                found += [f"{somebody.name}, {thing.name}: {one}" for one in told]
                if enough is not None and len(found) >= enough:
                    break
        return found

    async def _one(
        self, client: Client, row: Row, somebody: Somebody, thing: Thing
    ) -> list[str]:
        wanted = expected(row, somebody, thing)
        well, told = await ask(client, row, thing)
        faults = []
        if well != wanted:
            faults.append(f"{'done' if well else 'refused'}: {told[:200]}")
        leaked = set(CANARY.findall(told)) - self._seen(somebody)
        faults += [f"{one} is told" for one in leaked]
        changed = self.world.changed()
        if not well and changed:
            faults.append(f"refused, and changed {changed!r}")
        faults += [
            f"another team's is changed: {one!r}"
            for one in changed
            if self.world.team_of(one) != somebody.team
        ]
        self.world.reset()
        return faults

    def _seen(self, somebody: Somebody) -> set[str]:
        if not somebody.counts:
            return set()
        return {
            one.canary
            for one in self.world.things.values()
            if one.team == somebody.team and somebody.project in (None, one.project)
        }


async def ask(client: Client, row: Row, thing: Thing) -> tuple[bool, str]:
    """Whether it was done, and all that was told."""
    given = BORDERS[row.name][1](thing)
    try:
        if isinstance(row, ToolSpec):
            result = await client.call_tool(row.name, given)
            told = result.model_dump_json()
            return not result.is_error, told
        if isinstance(row, ResourceSpec):
            uri = row.uri.replace("{id}", given["id"])
            read = await client.read_resource(uri)
            return True, read.model_dump_json()
        filled = await client.get_prompt(row.name, dict(given))
        return True, filled.model_dump_json()
    except MCPError as error:
        return False, f"{error.error.message} {json.dumps(error.error.data)}"


def expected(row: Row, who: Somebody, thing: Thing) -> bool:
    border = BORDERS[row.name][0]
    theirs = thing.team == who.team and who.project in (None, thing.project)
    deed = row.deed
    return (
        who.counts
        and deed.scope in who.scopes
        and not (deed.whole_team and who.project is not None)
        and (border == "none" or theirs)
    )


@pytest.fixture
def matrix(runtime) -> Matrix:
    return Matrix(build(runtime))


def named(row: Row) -> str:
    return row.name


def test_every_row_is_asked_for() -> None:
    assert {row.name for row in ROWS} == set(BORDERS)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_who_may_may_and_nobody_else(matrix, row) -> None:
    assert matrix.faults(row) == []


def test_the_matrix_is_not_small(matrix) -> None:
    people = len(everybody(matrix.world, "memories:read"))

    assert len(ROWS) * people * len(matrix.world.things) >= 1_500


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_scope_that_is_not_looked_at_is_noticed(matrix, row, monkeypatch) -> None:
    monkeypatch.setattr(desk, "require_scope", lambda *_: None)

    assert matrix.faults(row, enough=1)


@pytest.mark.parametrize(
    "row", [one for one in ROWS if BORDERS[one.name][0] != "none"], ids=named
)
def test_a_team_that_is_not_looked_at_is_noticed(matrix, row, monkeypatch) -> None:
    other = matrix.world.things["other team"]
    identify = Matrix.who

    def unfenced(self, request, runtime):
        asker = identify(self, request, runtime)
        by = asker.by.changed(team_id=other.team, project_id=None)
        return replace(asker, by=by)

    monkeypatch.setattr(Matrix, "who", unfenced)

    assert matrix.faults(row, enough=1)


def test_a_refusal_is_counted_by_the_audit_log(matrix) -> None:
    somebody = next(
        one
        for one in everybody(matrix.world, "memories:write")
        if one.name == "without the scope"
    )
    runtime = matrix.world.runtime
    matrix.somebody = somebody
    server = build_server(lambda: runtime, matrix.who)

    refused = call(server, "memory_add", content="x")

    assert refused.is_error
    runtime.servings.write_down(closes=True)
    rows = [
        one
        for one in runtime.access._storage._state.audit.values()
        if "denied" in one.action or "deny" in one.action
    ]
    assert len(rows) == 1
