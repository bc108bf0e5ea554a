# SPDX-License-Identifier: Apache-2.0
"""The protocol's inspector speaks with our server: over HTTP and as a host starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Served, environment
from suites import INSPECTOR

ERAS = ("legacy", "modern")
WAYS = ("http", "stdio")
LONGEST_CALL = 60
TOOLS = {
    *("search", "timeline", "get_observations", "memory_search", "memory_context"),
    *("memory_list_recent", "memory_add", "memory_record_decision"),
    *("memory_supersede", "memory_forget", "memory_feedback"),
}
LAMP = {"project": "/home/me/lamp"}
NOTE = "The lamp is wired to the second fuse"


class Inspector:
    """The command of the inspector, aimed at a server in one of the two ways."""

    def __init__(self, way: str, era: str, served: Served, home: Path) -> None:
        self._env = environment(home)
        self._era = era
        if way == "http":
            bearer = f"Authorization: Bearer {served.key}"
            self._options = ["--transport", "http", "--header", bearer]
            self._target = [served.url]
        else:
            data = f"CLAUDE_MEM_DATA_DIR={home / 'data'}"
            self._options = ["-e", data, "--cwd", str(home)]
            self._target = [sys.executable, "-m", "claude_mem_mcp_adapter"]

    def says(self, method: str, *options: str) -> Any:
        """What it prints, as JSON."""
        told = self.run(method, *options)
        assert told.returncode == 0, told.stderr[-2000:]
        return json.loads(told.stdout)

    def run(self, method: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = ["node", str(INSPECTOR), "--cli", *self._options]
        asked = ["--protocol-era", self._era, "--quiet", "--method", method, *options]
        # What may be given several times would take the target for one more.
        target = ["--", *self._target]
        return subprocess.run(
            [*command, *asked, *target],
            env=self._env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_CALL,
            check=False,
        )


@pytest.fixture(params=[(way, era) for way in WAYS for era in ERAS], ids="-".join)
def inspector(request, served: Served, tmp_path: Path) -> Inspector:
    return Inspector(*request.param, served, tmp_path)


def test_no_schema_of_a_tool_is_found_fault_with(inspector: Inspector) -> None:
    told = inspector.run("tools/list", "--strict")
    assert told.returncode == 0, told.stderr[-2000:]
    listed = json.loads(told.stdout)["tools"]
    assert {one["name"] for one in listed} >= TOOLS
    assert all(one["outputSchema"] for one in listed if one["name"] in TOOLS)


def test_what_is_added_is_found_and_read(inspector: Inspector) -> None:
    kept = inspector.says(
        *("tools/call", "--tool-name", "memory_add"),
        *("--tool-args-json", json.dumps({"content": NOTE, **LAMP})),
    )
    item = kept["structuredContent"]["memory"]["id"]
    asked = json.dumps({"query": "which fuse has the lamp?", **LAMP})
    found = inspector.says(
        "tools/call", "--tool-name", "search", "--tool-args-json", asked
    )
    assert item in {one["id"] for one in found["structuredContent"]["index"]}
    read = inspector.says("resources/read", "--uri", f"memory://item/{item}")
    assert NOTE in read["contents"][0]["text"]


@pytest.mark.parametrize(("way", "era"), list(zip(WAYS, ERAS, strict=True)))
def test_resources_and_prompts_are_listed_and_filled(
    way: str, era: str, served: Served, tmp_path: Path
) -> None:
    inspector = Inspector(way, era, served, tmp_path)
    templates = inspector.says("resources/templates/list")["resourceTemplates"]
    assert "memory://item/{id}" in {one["uriTemplate"] for one in templates}
    prompts = inspector.says("prompts/list")["prompts"]
    assert {"recall", "hand_over", "record_decision"} <= {p["name"] for p in prompts}
    filled = inspector.says(
        *("prompts/get", "--prompt-name", "record_decision"),
        *("--prompt-args", "decision=Use the second fuse"),
    )
    assert "Use the second fuse" in filled["messages"][0]["content"]["text"]


def test_who_has_no_key_is_told_so(served: Served, tmp_path: Path) -> None:
    stranger = Inspector("http", "modern", served, tmp_path)
    stranger._options = ["--transport", "http", "--stored-auth-only"]
    told = stranger.run("tools/list")
    assert told.returncode != 0
    assert told.stdout == ""
