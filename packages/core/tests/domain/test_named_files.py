# SPDX-License-Identifier: Apache-2.0
"""A question names a file as people and programs write one."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.named_files import MOST_NAMED, files_in


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("why did lamp.py change", ["lamp.py"]),
        ("src/lamp.py", ["src/lamp.py"]),
        ("see `src/lamp.py`.", ["src/lamp.py"]),
        ('File "/home/me/lamp.py", line 3', ["/home/me/lamp.py"]),
        ("src/lamp.py:12: warning", ["src/lamp.py"]),
        ("(src/lamp.py:12:3)", ["src/lamp.py"]),
        ("C:\\app\\src\\lamp.ts fails", ["C:\\app\\src\\lamp.ts"]),
        ("./lamp.py and ../tower.c", ["./lamp.py", "../tower.c"]),
        (".github/workflows/ci.yml", [".github/workflows/ci.yml"]),
        ("docs/größe.md", ["docs/größe.md"]),
        ("lamp.test.tsx", ["lamp.test.tsx"]),
        ("lamp.py lamp.py", ["lamp.py"]),
        ("the lamp burns. and/or turns", []),
        ("v1.2 of 3.14 in .env, e.g. at 5 p.m.", []),
        ("https://lamp.example/index.html", []),
        ("bufio.Reader", []),
        ("", []),
    ],
)
def test_a_file_is_known_by_its_name_and_extension(text, files) -> None:
    assert files_in(text) == files


def test_of_a_long_list_the_first_are_looked_for() -> None:
    named = [f"lamp{number}.py" for number in range(MOST_NAMED + 1)]

    assert files_in(" ".join(named)) == named[:MOST_NAMED]
