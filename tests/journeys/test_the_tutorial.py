# SPDX-License-Identifier: Apache-2.0
"""The tutorial's commands give what the tutorial shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from machine import COMMAND, Machine

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "first-memory.md"
STEP = re.compile(r"```sh\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.DOTALL)
MARK = "=== the next step ==="

CHANGING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"@[a-p]{12}\b"), "@FENCE"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"DAY \d\d:\d\d\b"), "DAY TIME"),
    (re.compile(r"~\d+$", re.MULTILINE), "~TOKENS"),
)


@pytest.fixture
def reader(tmp_path: Path) -> Machine:
    """Somebody who follows the tutorial, whose server runs in the default folder."""
    machine = Machine(tmp_path / ".claude-mem" / "server")
    machine.folder.mkdir(parents=True)
    machine.env["HOME"] = str(tmp_path)
    machine.env.pop("CLAUDE_MEM_DATA_DIR")
    return machine


@pytest.mark.skipif(shutil.which("curl") is None, reason="the tutorial needs curl")
def test_each_step_of_the_tutorial_gives_what_it_shows(reader: Machine) -> None:
    steps = STEP.findall(PAGE.read_text("utf-8"))
    reader.start()
    runtime = json.loads((reader.folder / "server.runtime.json").read_text())
    commands = [
        command.replace("http://127.0.0.1:37877", runtime["url"]).replace(
            ".venv/bin/claude-mem", COMMAND
        )
        for command, _ in steps
    ]
    # What a reader sees a moment later, a test sees when the work is done.
    rest = f"while ! curl -s {runtime['url']}/v1/info | grep -q 'Depth\":0'; do :; done"
    script = f"\n{rest}\necho\necho '{MARK}'\n".join(commands[:-1])
    seen = _run(reader, script).split(f"\n{MARK}\n")
    assert reader.stop() == 0
    seen.append(_run(reader, commands[-1]))

    assert len(steps) >= 7
    assert [_plain(one) for one in seen] == [_plain(shown) for _, shown in steps]


def _run(reader: Machine, script: str) -> str:
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        check=False, capture_output=True, text=True, env=reader.env, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _plain(text: str) -> str:
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return text.strip("\n")
