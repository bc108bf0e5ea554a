# SPDX-License-Identifier: Apache-2.0
"""The manifests are all alike: names are mechanical, versions go in step."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))

each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)


def manifest(package: Path) -> dict[str, Any]:
    return tomllib.loads((package / "pyproject.toml").read_text("utf-8"))


def import_name(package: Path) -> str:
    return "claude_mem_" + package.name.replace("-", "_")


@each_package
def test_the_names_follow_from_the_folder(package: Path):
    said = manifest(package)
    assert said["project"]["name"] == f"claude-mem-{package.name}"
    assert said["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [
        f"src/{import_name(package)}"
    ]
    assert (package / "src" / import_name(package) / "py.typed").exists()


@each_package
def test_an_entry_point_has_the_name_of_its_folder_and_a_module(package: Path):
    offered = manifest(package)["project"].get("entry-points", {}).get("claude_mem", {})
    assert offered in ({}, {package.name: f"{import_name(package)}.plugin"})
    if offered:
        assert (package / "src" / import_name(package) / "plugin.py").exists()


def test_versions_and_pythons_go_in_step():
    said = [manifest(package)["project"] for package in PACKAGES]
    assert len({project["version"] for project in said}) == 1
    assert {project["requires-python"] for project in said} == {">=3.11"}


@each_package
def test_every_package_but_the_core_asks_for_this_cores_minor_version(package: Path):
    project = manifest(package)["project"]
    major, minor, _ = project["version"].split(".")
    wanted = f"claude-mem-core>={major}.{minor},<{major}.{int(minor) + 1}"
    assert (wanted in project["dependencies"]) is (package.name != "core")


@each_package
@pytest.mark.parametrize("page", ["LICENSE", "NOTICE"])
def test_each_package_carries_the_licence_word_for_word(package: Path, page: str):
    assert (package / page).read_bytes() == (ROOT / page).read_bytes()
