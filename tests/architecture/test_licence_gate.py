# SPDX-License-Identifier: Apache-2.0
"""The licence gate is seen to fail on each kind of violation, planted one by one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GATE = ROOT / "tools/check_licences.py"
SPDX = "# SPDX-License-Identifier: Apache-2.0\n"
MANIFEST = SPDX + '[project]\nname = "ours"\nlicense = "Apache-2.0"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project in order, under git, with one installed dependency."""
    root = tmp_path / "project"
    write(
        root, "packages/ours/pyproject.toml", MANIFEST + 'dependencies = ["lib>=1"]\n'
    )
    write(root, "packages/ours/src/ours.py", SPDX)
    write(root, "README.md", "# Ours\n")
    subprocess.run(["git", "init", "--quiet", root], check=True)
    install(tmp_path, "lib", "License-Expression: MIT")
    return root


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def install(tmp_path: Path, name: str, *lines: str) -> None:
    """Put a distribution's metadata where the gate's interpreter finds it."""
    head = ["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines]
    write(tmp_path, f"site/{name}-1.0.dist-info/METADATA", "\n".join(head) + "\n")


def judge(tree: Path) -> tuple[int, str]:
    """The gate's exit status and what it printed."""
    done = subprocess.run(
        [sys.executable, GATE, tree],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tree.parent / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.returncode, done.stdout


def test_a_project_in_order_passes(tree: Path):
    status, said = judge(tree)
    assert (status, said) == (
        0,
        "Licences: everything can ship under Apache-2.0.\n",
    )


def test_this_project_passes():
    done = subprocess.run(
        [sys.executable, GATE, ROOT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_manifest_under_another_licence_fails(tree: Path):
    write(tree, "packages/ours/pyproject.toml", MANIFEST.replace("Apache-2.0", "MIT"))
    status, said = judge(tree)
    assert status == 1
    assert "packages/ours/pyproject.toml: license is 'MIT'" in said
    assert 'write license = "Apache-2.0"' in said


@pytest.mark.parametrize(
    "stated",
    [
        ["License-Expression: GPL-3.0-only"],
        ["License-Expression: MIT AND LGPL-2.1-or-later"],
        ["License-Expression: (MIT OR Apache-2.0) AND GPL-3.0-only"],
        ["License: GPLv3", "Classifier: License :: OSI Approved :: MIT License"],
        ["Classifier: License :: OSI Approved :: GNU Affero General Public License v3"],
        [
            "Classifier: License :: OSI Approved :: MIT License",
            "Classifier: License :: OSI Approved :: GNU General Public License (GPL)",
        ],
        [],
    ],
)
def test_a_dependency_that_apache_cannot_ship_with_fails(tree: Path, stated: list[str]):
    install(tree.parent, "lib", *stated)
    status, said = judge(tree)
    assert status == 1
    assert "packages/ours/pyproject.toml: needs lib, whose licence is " in said
    assert "do without it" in said


@pytest.mark.parametrize(
    "stated",
    [
        ["License-Expression: GPL-3.0-only OR MIT"],
        ["License-Expression: MIT AND BSD-3-Clause"],
        ["License: Apache License, Version 2.0"],
        ["License: ZPL 2.1"],
        ["Classifier: License :: Public Domain"],
        ["Classifier: License :: OSI Approved :: ISC License (ISCL)"],
    ],
)
def test_a_permissive_licence_passes_however_it_is_stated(
    tree: Path, stated: list[str]
):
    install(tree.parent, "lib", *stated)
    assert judge(tree)[0] == 0


def test_a_dependency_of_a_dependency_counts(tree: Path):
    install(
        tree.parent, "lib", "License-Expression: MIT", "Requires-Dist: deep_lib (>=2)"
    )
    install(tree.parent, "deep_lib", "License-Expression: SSPL-1.0")
    status, said = judge(tree)
    assert status == 1
    assert "lib: needs deep-lib, whose licence is SSPL-1.0" in said


def test_what_only_an_extra_or_another_platform_needs_does_not_count(tree: Path):
    further = ["absent; extra == 'all'", "elsewhere; sys_platform == 'none'"]
    asks = [f"Requires-Dist: {one}" for one in further]
    install(tree.parent, "lib", "License-Expression: MIT", *asks)
    assert judge(tree)[0] == 0


def test_a_dependency_that_is_not_installed_fails(tree: Path):
    asks = 'dependencies = ["not-there"]\n'
    write(tree, "packages/ours/pyproject.toml", MANIFEST + asks)
    status, said = judge(tree)
    assert status == 1
    assert "needs not-there, which is not installed; run make" in said


@pytest.mark.parametrize(
    "name",
    [
        *("packages/ours/src/new.py", "run.sh", ".ci/run", "Makefile", "deep/Makefile"),
        *("settings.toml", "deploy/docker-compose.yml", "deploy/Dockerfile"),
    ],
)
def test_a_source_file_without_its_header_fails(tree: Path, name: str):
    write(tree, name, "# nothing about licences\n")
    status, said = judge(tree)
    assert status == 1
    assert f"{name}: no licence header; put 'SPDX-License-Identifier" in said


def test_the_header_may_follow_a_shebang(tree: Path):
    write(tree, "run.sh", "#!/bin/sh\n" + SPDX)
    assert judge(tree)[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        *("under the AGPL", "AGPLv3", "our trademark", "the official server"),
        *("Officially", "endorsed by", "an endorsement"),
    ],
)
def test_a_claim_outside_the_pages_that_deny_it_fails(tree: Path, words: str):
    write(tree, "docs/page.md", f"# A page\n\nThis is {words} here.\n")
    status, said = judge(tree)
    assert status == 1
    assert "docs/page.md:3: says " in said
    assert "find another word, or link to docs/explanation/ip-boundary.md" in said


@pytest.mark.parametrize("page", ["license.md", "ip-boundary.md"])
def test_the_pages_that_deny_a_claim_may_name_it(tree: Path, page: str):
    write(tree, f"docs/explanation/{page}", "Not official, no trademark, no AGPL.\n")
    assert judge(tree)[0] == 0
