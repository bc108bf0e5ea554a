# SPDX-License-Identifier: Apache-2.0
"""Starts a model and a server, takes in a session, and prints what became of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import xllamacpp

MODEL = sys.argv[1]
COMMAND = [sys.executable, "-m", "claude_mem_cli"]


def model_server() -> str:
    """A model behind an OpenAI-compatible endpoint on the loopback interface."""
    given = xllamacpp.CommonParams()
    given.model.path = MODEL
    given.n_ctx = 4096
    given.n_parallel = 1
    given.cpuparams.n_threads = 2
    server = xllamacpp.Server(given)
    globals()["_kept"] = server
    return str(server.listening_address)


def asked(url: str, path: str, token: str = "") -> Any:
    """The JSON at a path of a server."""
    host = url.removeprefix("http://")
    line = HTTPConnection(host, timeout=30)
    line.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    return json.loads(line.getresponse().read())


def env_for(address: str) -> dict[str, str]:
    """Settings of a server that asks this model about every turn."""
    return {
        **os.environ,
        "CLAUDE_MEM_DATA_DIR": str(Path.cwd() / "data"),
        "CLAUDE_MEM_PORT": "0",
        "CLAUDE_MEM_GENERATOR": "openai",
        "CLAUDE_MEM_SERVER_MODEL": "smollm2",
        "CLAUDE_MEM_OPENROUTER_BASE_URL": f"{address}/v1",
        "CLAUDE_MEM_PROVIDER_TIMEOUT_SECONDS": "200",
        "CLAUDE_MEM_MODEL_INPUT_BYTES": "6000",
        "CLAUDE_MEM_MODEL_OUTPUT_TOKENS": "200",
    }


def session_file() -> Path:
    """A session of one turn, in the words of Claude Code."""
    events = [
        {
            "hook_event_name": "UserPromptSubmit",
            "prompt": "Fix the crash of the parser on empty input",
        },
        {
            "hook_event_name": "PostToolUse",
            "tool_use_id": "t1",
            "tool_name": "Edit",
            "tool_input": {
                "file_path": "parser.py",
                "old_string": "<",
                "new_string": "<=",
            },
        },
        {
            "hook_event_name": "Stop",
            "last_assistant_message": "I fixed the off-by-one error.",
        },
    ]
    path = Path("session.jsonl")
    lines = [
        json.dumps({**one, "session_id": "s", "ts": 1_700_000_000_000 + n})
        for n, one in enumerate(events)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def run(env: dict[str, str], *words: str) -> str:
    """What a command prints."""
    done = subprocess.run(
        [*COMMAND, *words], check=True, env=env, capture_output=True, text=True
    )
    return done.stdout


def main() -> None:
    """Do it all."""
    began = time.monotonic()
    address = model_server()
    loaded = time.monotonic() - began
    env = env_for(address)
    started = json.loads(run(env, "server", "start", "--daemon", "--json"))
    try:
        ingest = ["ingest", str(session_file()), "--no-wait"]
        print(run(env, *ingest))  # noqa: T201
        told = wait(env)
        told["provider"] = asked(started["url"], "/v1/info")["boundaries"][
            "providerRegistry"
        ]
    finally:
        run(env, "server", "stop")
    print(json.dumps({**told, "loadSeconds": round(loaded, 1)}))  # noqa: T201


def wait(env: dict[str, str]) -> dict[str, Any]:
    """What became of each job, once all have ended or one has failed."""
    for _ in range(2_000):
        listed = json.loads(run(env, "server", "jobs", "list", "--json"))["jobs"]
        waiting = [j for j in listed if j["status"] in ("queued", "processing")]
        if listed and not [j for j in waiting if not j["attempts"]]:
            break
        time.sleep(0.5)
    stories = [
        json.loads(run(env, "server", "jobs", "show", job["id"], "--json"))
        for job in listed
    ]
    return {
        "outcomes": [
            {
                "status": one["generationJob"]["status"],
                "memories": one["generationJob"]["status"] == "completed",
                "skip": one["generationJob"]["skipReason"],
                "errorKind": one["generationJob"]["errorKind"],
                "error": one["generationJob"]["lastError"],
            }
            for one in stories
        ],
        "calls": [call for one in stories for call in one["modelCalls"]],
    }


main()
