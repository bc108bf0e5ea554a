# SPDX-License-Identifier: Apache-2.0
"""The tutorial of Claude Code does what it says, and leaves a home as it was."""

from __future__ import annotations

import stat
from pathlib import Path

from machine import COMMAND, Machine
from walkthrough import run, steps_of

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "claude-code.md"
OWN = '{\n  "model": "opus" // mine\n}\n'


def test_each_step_gives_what_the_page_shows(tmp_path: Path) -> None:
    machine = Machine(tmp_path / ".claude-mem" / "server")
    machine.env["HOME"] = str(tmp_path)
    machine.env.pop("CLAUDE_MEM_DATA_DIR")
    machine.env["PATH"] = f"{Path(COMMAND).parent}:/usr/bin:/bin"
    settings = tmp_path / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(OWN)

    before, install, check, out = steps_of(PAGE)
    path = "PATH=$PWD/.venv/bin:$PATH\n"
    assert path in before[0]
    try:
        run(before[0].replace(path, ""), machine.env)
        assert settings.read_text() == OWN
        assert install[1].strip() in run(install[0], machine.env)
        written = settings.read_text()
        for member in _members(PAGE):
            assert member in written
        assert written.startswith('{\n  "model": "opus"')
        assert stat.S_IMODE(settings.stat().st_mode) == 0o600
        assert check[1].strip() in run(check[0], machine.env)
    finally:
        assert out[1].strip() in run(out[0], machine.env)
    assert settings.read_text() == OWN
    assert not (machine.folder / "plugins").exists()


def _members(page: Path) -> list[str]:
    """The last name of each member that the page's table lists."""
    rows = [one for one in page.read_text().splitlines() if one.startswith("| `")]
    names = [row.split("`")[1] for row in rows]
    return [name.partition(".")[2].strip('"') for name in names]
