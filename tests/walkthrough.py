# SPDX-License-Identifier: Apache-2.0
"""Pages whose commands are run, one after the other, and give what the page shows."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

MARK = "=== the next step ==="

_STEP = re.compile(r"```sh\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.DOTALL)
_CHANGING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"^[0-9a-f]{8}\b", re.MULTILINE), "ID"),
    (re.compile(r"@[a-p]{12}\b"), "@FENCE"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"DAY \d\d:\d\d\b"), "DAY TIME"),
    (re.compile(r"~\d+$", re.MULTILINE), "~TOKENS"),
    (re.compile(r" (?:USED|never|\d+ (?:s|min)) +(?=ENDS|DAY)"), " USED "),
)


def steps_of(page: Path) -> Sequence[tuple[str, str]]:
    """The commands of each step of a page, and what it shows of them."""
    return _STEP.findall(page.read_text("utf-8"))


def run(script: str, env: Mapping[str, str], folder: Path | None = None) -> str:
    """What commands write to standard output, none of which may fail."""
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script], cwd=folder,
        check=False, capture_output=True, text=True, env=env, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def plain(text: str) -> str:
    """The text with what is another each time made equal."""
    for pattern, name in _CHANGING:
        text = pattern.sub(name, text)
    return text.strip("\n")
