# SPDX-License-Identifier: Apache-2.0
"""The guide for a team on one server gives what it shows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import COMMAND, Machine
from walkthrough import MARK, plain, run, steps_of

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "share-a-server.md"


@pytest.fixture
def reader(machine: Machine) -> Iterator[Machine]:
    """Somebody who follows the guide, whose server is ended at last."""
    machine.env["PATH"] = f"{Path(COMMAND).parent}:{os.defpath}"
    yield machine
    machine.run("server", "stop")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide needs curl")
def test_each_step_of_the_guide_gives_what_it_shows(
    reader: Machine, tmp_path: Path
) -> None:
    steps = steps_of(PAGE)
    # The server takes another port at each start.
    port = '$(cat "$CLAUDE_MEM_DATA_DIR/server.port")'
    script = f"\necho '{MARK}'\n".join(command for command, _ in steps)
    seen = run(script.replace("37877", port), reader.env, tmp_path).split(f"{MARK}\n")

    assert len(steps) >= 9
    assert [plain(one) for one in seen] == [plain(shown) for _, shown in steps]
    keys = [one.read_text() for one in tmp_path.glob("*.key")]
    assert len(set(keys)) == len(keys) == 6
    assert all(
        oct(one.stat().st_mode).endswith("600") for one in tmp_path.glob("*.key")
    )
