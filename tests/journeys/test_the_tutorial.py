# SPDX-License-Identifier: Apache-2.0
"""The tutorial's commands give what the tutorial shows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from machine import COMMAND, Machine
from walkthrough import MARK, plain, run, steps_of

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "first-memory.md"


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
    steps = steps_of(PAGE)
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
    seen = run(script, reader.env).split(f"\n{MARK}\n")
    assert reader.stop() == 0
    seen.append(run(commands[-1], reader.env))

    assert len(steps) >= 7
    assert [plain(one) for one in seen] == [plain(shown) for _, shown in steps]
