# SPDX-License-Identifier: Apache-2.0
"""A memory is near to what is open by the files that it names."""

from __future__ import annotations

import tracemalloc

import pytest
from claude_mem_core.domain.open_files import BESIDE, OpenFiles
from claude_mem_core.domain.paths import all_rooted


@pytest.mark.parametrize(
    ("opened", "named", "nearness"),
    [
        ("src/lamp.py", "src/lamp.py", 1),
        ("src/lamp.py", "/home/me/app/src/lamp.py", 1),
        ("/home/me/app/src/lamp.py", "src/lamp.py", 1),
        ("C:\\app\\src\\lamp.py", "./src/lamp.py", 1),
        ("lamp.py", "src/lamp.py", 1),
        ("src/lamp.py", "src/xlamp.py", BESIDE),
        ("src/lamp.py", "/home/me/app/src/tower.py", BESIDE),
        ("/home/me/app/src/lamp.py", "src/tower.py", BESIDE),
        ("src/lamp.py", "docs/tower.md", 0),
        ("src/lamp.py", "src/deep/tower.py", 0),
        ("src/lamp.py", "xsrc/tower.py", 0),
        ("lamp.py", "tower.py", 0),
        ("", "tower.py", 0),
        ("src/lamp.py", "", 0),
    ],
)
def test_the_file_itself_is_nearer_than_one_of_its_folder(
    opened: str, named: str, nearness: float
) -> None:
    assert OpenFiles([opened]).nearness(all_rooted([named])) == nearness


def test_the_nearest_of_all_files_counts() -> None:
    opened = OpenFiles(["docs/a.md", "src/lamp.py"])

    assert opened.nearness(all_rooted(["src/b.py", "src/lamp.py", "x"])) == 1
    assert OpenFiles([]).nearness(all_rooted(["src/lamp.py"])) == 0


def test_a_path_takes_no_more_room_the_deeper_it_lies() -> None:
    deep = "a/" * 5_000 + "lamp.py"

    tracemalloc.start()
    opened = OpenFiles([deep])
    near = opened.nearness(all_rooted([deep, "src/tower.py"]))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert near == 1
    assert most < 100 * len(deep)
