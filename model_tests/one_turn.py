# SPDX-License-Identifier: Apache-2.0
"""Starts a model and a server, reports a session, and prints what became of it."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import xllamacpp
from machine import Machine

MODEL, ANSWER_FORMAT = sys.argv[1:]
SAID: list[str] = []
"""What the model said, word for word."""

SESSION = [
    {
        "hook_event_name": "UserPromptSubmit",
        "prompt": "Fix the crash of the parser on empty input",
    },
    {
        "hook_event_name": "PostToolUse",
        "tool_use_id": "t1",
        "tool_name": "Edit",
        "tool_input": {
            "file_path": "/home/me/app/parser.py",
            "old_string": "while i < len(text):",
            "new_string": "while i <= len(text):",
        },
    },
    {
        "hook_event_name": "Stop",
        "last_assistant_message": "I fixed the off-by-one error in parser.py: the "
        "parser no longer crashes on empty input.",
    },
]


def model_server() -> xllamacpp.Server:
    """A model behind an OpenAI-compatible endpoint, which takes the likeliest word."""
    given = xllamacpp.CommonParams()
    given.model.path = MODEL
    given.n_ctx = 4096
    given.n_parallel = 1
    # Two threads wait for each other, on a busy machine for minutes.
    given.cpuparams.n_threads = 1
    given.sampling.temp = 0.0
    return xllamacpp.Server(given)


class Relay(BaseHTTPRequestHandler):
    """Hands a question on to the model, and keeps what it answers."""

    model = ""
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Ask the model."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        line = HTTPConnection(self.model.removeprefix("http://"), timeout=400)
        line.request("POST", self.path, body, {"Content-Type": "application/json"})
        response = line.getresponse()
        answer = response.read()
        if response.status == 200:
            SAID.append(json.loads(answer)["choices"][0]["message"]["content"])
        self.send_response(response.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def relay(model: str) -> str:
    """The address of a relay to a model."""
    Relay.model = model
    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def machine_for(address: str) -> Machine:
    """A machine whose server asks this model about every turn."""
    machine = Machine(Path.cwd() / "data")
    machine.env |= {
        "CLAUDE_MEM_GENERATOR": "openai",
        "CLAUDE_MEM_SERVER_MODEL": "smollm2",
        "CLAUDE_MEM_MODE": "code-small",
        "CLAUDE_MEM_OPENROUTER_BASE_URL": f"{address}/v1",
        "CLAUDE_MEM_OPENROUTER_ANSWER_FORMAT": ANSWER_FORMAT,
        "CLAUDE_MEM_PROVIDER_TIMEOUT_SECONDS": "300",
        "CLAUDE_MEM_MODEL_INPUT_BYTES": "6000",
        "CLAUDE_MEM_MODEL_OUTPUT_TOKENS": "300",
    }
    return machine


def main() -> None:
    """Do it all."""
    began = time.monotonic()
    model = model_server()
    loaded = time.monotonic() - began
    machine = machine_for(relay(str(model.listening_address)))
    machine.start()
    try:
        report(machine)
        told = {"stories": stories(machine), "found": found(machine)}
        told["provider"] = machine.call("GET", "/v1/info")[1]["boundaries"][
            "providerRegistry"
        ]
    finally:
        machine.stop()
    print(json.dumps({**told, "said": SAID, "loadSeconds": round(loaded, 1)}))  # noqa: T201


def report(machine: Machine) -> None:
    """Tell the server of a session as the hooks of an agent do."""
    for one in SESSION:
        event = {**one, "session_id": "s", "cwd": "/home/me/app"}
        path = f"/hooks/claude-code/{one['hook_event_name']}"
        assert machine.call("POST", path, event) == (200, {})


def stories(machine: Machine) -> list[dict[str, Any]]:
    """Each job with its calls, once all have ended or one has failed."""
    while True:
        listed = json.loads(machine.run("server", "jobs", "list", "--json").stdout)
        jobs = listed["jobs"]
        waiting = [j for j in jobs if j["status"] in ("queued", "processing")]
        if jobs and not [j for j in waiting if not j["attempts"]]:
            break
        time.sleep(0.5)
    show = ("server", "jobs", "show")
    return [json.loads(machine.run(*show, j["id"], "--json").stdout) for j in jobs]


def found(machine: Machine) -> list[dict[str, Any]]:
    """The memories that a search finds."""
    (project,) = machine.call("GET", "/v1/projects")[1]["projects"]
    query = {"projectId": project["id"], "query": "parser crash empty input"}
    memories: list[dict[str, Any]] = machine.call("POST", "/v1/search", query)[1][
        "memories"
    ]
    return memories


main()
