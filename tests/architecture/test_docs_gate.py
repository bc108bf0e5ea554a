# SPDX-License-Identifier: Apache-2.0
"""The documentation gate is seen to fail on each kind of broken link."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GATE = Path(__file__).parents[2] / "tools/check_docs.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three pages in order, each linked from the one before."""
    write(tmp_path, "README.md", "# Ours\n\n[docs](docs/index.md)\n")
    write(tmp_path, "docs/index.md", "# Docs\n\n[how](how-to/do.md#do-it-well)\n")
    write(tmp_path, "docs/how-to/do.md", "# Do it *well*!\n\n[x](https://x.invalid)\n")
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def judge(tree: Path) -> tuple[int, str]:
    """The gate's exit status and what it printed."""
    done = subprocess.run(
        [sys.executable, GATE, tree], capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.returncode, done.stdout


def test_pages_in_order_pass(tree: Path):
    assert judge(tree) == (0, "Docs: every link of 3 pages holds.\n")


@pytest.mark.parametrize(
    ("link", "complaint"),
    [
        ("absent.md", "the link to absent.md leads to no file; correct the path"),
        ("docs/index.md#no", "docs/index.md#no leads to no heading; correct the"),
        ("#no", "README.md: the link to README.md#no leads to no heading"),
        ("../elsewhere.md", "the link to ../elsewhere.md leaves the project"),
    ],
)
def test_a_link_that_leads_nowhere_fails(tree: Path, link: str, complaint: str):
    write(tree, "README.md", f"# Ours\n\n[docs](docs/index.md) [bad]({link})\n")
    status, said = judge(tree)
    assert status == 1
    assert complaint in said


def test_a_page_that_no_link_reaches_fails(tree: Path):
    write(tree, "docs/explanation/island.md", "# Island\n")
    assert judge(tree) == (
        1,
        "docs/explanation/island.md: no link leads here; add one to docs/index.md\n",
    )


def test_a_link_in_an_example_is_no_link(tree: Path):
    text = "# Ours\n\n[docs](docs/index.md)\n\n```md\n[a](b.md)\n```\n`[c](d.md)`\n"
    write(tree, "README.md", text)
    assert judge(tree)[0] == 0
