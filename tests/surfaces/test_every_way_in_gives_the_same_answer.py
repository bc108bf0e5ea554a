# SPDX-License-Identifier: Apache-2.0
"""Over HTTP, over MCP, through the command, and as a library: one core, one answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from claude_mem_core.api import (
    ContextQuery,
    MemoryRequest,
    Principal,
    SearchQuery,
    TimelineQuery,
    open_runtime,
)
from machine import Machine, session
from mcp import StdioServerParameters
from mcp_calls import call

QUESTION = "which lamp never turns"


def tools_of(machine: Machine) -> StdioServerParameters:
    """The tools as an agent's host starts them."""
    module = ["-m", "claude_mem_mcp_adapter"]
    return StdioServerParameters(command=sys.executable, args=module, env=machine.env)


def found_and_packed(machine: Machine) -> tuple[list[str], str]:
    """What the tools find, and the context that they tell."""
    asked = {"query": QUESTION, "project": "lighthouse"}
    found = call(tools_of(machine), "search", **asked).structured_content
    packed = call(tools_of(machine), "memory_context", **asked).structured_content
    return [one["id"] for one in found["index"]], packed["context"]


def listed_around_and_got(
    machine: Machine, asked: dict[str, Any], around: dict[str, Any], ids: object
) -> tuple[object, ...]:
    """The index that the tools list, its surroundings, what they get and do not get."""
    deeper = {**around, "depthAfter": 10}
    index = call(tools_of(machine), "search", **asked).structured_content
    line = call(tools_of(machine), "timeline", **deeper).structured_content
    whole = call(tools_of(machine), "get_observations", ids=ids).structured_content
    got = [one["id"] for one in whole["memories"]]
    return index["index"], line["index"], got, whole["missing"]


@pytest.fixture
def told(machine: Machine, tmp_path: Path) -> Machine:
    """A machine that has taken in three sessions, without a server."""
    file = tmp_path / "lighthouse.jsonl"
    payloads = [one for name in ("a", "b", "c") for one in session(name, turns=2)]
    lines = (json.dumps({**one, "ts": at}) for at, one in enumerate(payloads, 1))
    file.write_text("\n".join(lines))
    machine.run("ingest", str(file), "--project", "lighthouse")
    return machine


def test_search_and_context_are_the_same_everywhere(
    told: Machine,
) -> None:
    me = Principal.local()
    with open_runtime(told.env) as runtime:
        (project,) = runtime.projects.list(by=me)
        query = SearchQuery(project_id=project.id, query=QUESTION)
        result = runtime.recall.search(query, by=me)
        library = [hit.item.id for hit in result.hits]
        wanted = ContextQuery(project_id=project.id, query=QUESTION)
        context = runtime.context.pack(wanted, by=me).context

    def command() -> tuple[list[str], str]:
        found = told.run("search", QUESTION, "--project", "lighthouse", "--json")
        packed = told.run("context", QUESTION, "--project", "lighthouse", "--json")
        ids = [item["id"] for item in json.loads(found.stdout)["memories"]]
        return ids, json.loads(packed.stdout)["context"]

    without_server = command()
    alone = found_and_packed(told)
    told.start()
    relayed = found_and_packed(told)
    with_server = command()
    body = {"projectId": project.id, "query": QUESTION}
    found = told.call("POST", "/v1/search", body)[1]["memories"]
    over_http = (
        [item["id"] for item in found],
        told.call("POST", "/v1/context", body)[1]["context"],
    )
    told.stop()

    assert len(library) >= 3
    assert without_server == with_server == over_http == (library, context)
    assert alone == relayed == (library, context)


def test_an_index_its_surroundings_and_the_whole_are_the_same_everywhere(  # noqa: PLR0915 - each way in
    told: Machine,
) -> None:
    me = Principal.local()
    filters = {"kind": ["observation", "summary"], "dateEnd": "2999-01-01"}
    with open_runtime(told.env) as runtime:
        (project,) = runtime.projects.list(by=me)
        asked = {"projectId": project.id, "query": QUESTION, **filters}
        result = runtime.recall.search(SearchQuery.from_wire(asked), by=me)
        best = result.hits[0].item.id
        around = {"projectId": project.id, "anchor": best, "depthBefore": 2}
        line = runtime.recall.timeline(TimelineQuery.from_wire(around), by=me)
        wanted = {"ids": [best, "nowhere"], "evidence": True}
        whole = runtime.memories.get_many(MemoryRequest.from_wire(wanted), by=me)
    library = (
        [one.to_wire() for one in result.index],
        [one.to_wire() for one in line.index],
        whole.to_wire(),
    )

    def command() -> object:
        where = ("--project", "lighthouse", "--json")
        options = (
            "--kind",
            "observation,summary",
            "--until",
            "2999-01-01",
            "--limit",
            "20",
        )
        commands = (
            ("search", QUESTION, *options, *where),
            ("timeline", best, "--before", "2", *where),
            ("get", best, "nowhere", "--json"),
        )
        done = [told.run(*words, check=False) for words in commands]
        answers = [json.loads(one.stdout) for one in done]
        return answers[0]["index"], answers[1]["index"], answers[2]

    without_server = command()
    told.start()
    over_http = (
        told.call("POST", "/v1/search", {**asked, "view": "index"})[1]["index"],
        told.call("POST", "/v1/timeline", around)[1]["index"],
        told.call("POST", "/v1/memories/get", wanted)[1],
    )
    with_server = command()
    over_mcp = listed_around_and_got(told, asked, around, wanted["ids"])
    told.stop()

    assert over_mcp == (*library[:2], [best], ["nowhere"])
    assert min(len(result.hits), len(line.items)) >= 3
    assert without_server == with_server == over_http == library
