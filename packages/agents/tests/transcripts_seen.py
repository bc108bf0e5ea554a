# SPDX-License-Identifier: Apache-2.0
"""A home folder with a session of each host, and what is read from its files."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from claude_mem_agents.transcripts.formats import FORMATS
from claude_mem_core.file_heads import head_of

HERE = Path(__file__).parent / "transcripts"
GOLDEN = HERE / "golden.jsonl"
WRITTEN = 1_772_445_600


def a_home(folder: Path) -> Path:
    """The home folder, whose files were all written at the same moment."""
    shutil.copytree(HERE / "home", folder, dirs_exist_ok=True)
    for path in folder.rglob("*"):
        os.utime(path, (WRITTEN, WRITTEN))
    return folder


def told(home: Path) -> Iterator[dict[str, object]]:
    """Each event of each transcript, as the golden file has it."""
    for path in sorted(one for one in home.rglob("*") if one.is_file()):
        for format_ in FORMATS:
            if format_.recognises(path, head_of(path)):
                reader = format_.open(path)
                for heard in [*reader.read(), *reader.rest()]:
                    event = heard.event.model_dump(by_alias=True, exclude_unset=True)
                    row = {
                        "file": str(path.relative_to(home)),
                        "format": format_.name,
                        "line": heard.line,
                        "shared": heard.shared,
                        "event": event,
                    }
                    yield json.loads(json.dumps(row).replace(str(home), "HOME"))
