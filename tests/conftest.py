# SPDX-License-Identifier: Apache-2.0
"""A machine of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import Machine
from size import new_seed
from template import Template


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine without a server yet; a process that is left over is ended."""
    one = Machine(tmp_path / "data")
    yield one
    one.end_all()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A small piece of work, done once undisturbed."""
    return Template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def prepared(template: Template, tmp_path: Path) -> Iterator[Machine]:
    """A machine on which the template's work can be done."""
    one = template.copy(tmp_path)
    yield one
    one.end_all()


@pytest.fixture
def seed(capsys: pytest.CaptureFixture[str]) -> int:
    """The seed of a harness that plays with chance; it is told, to be replayed."""
    chosen = new_seed()
    with capsys.disabled():
        print(f" CLAUDE_MEM_TEST_SEED={chosen} ", end="")  # noqa: T201
    return chosen
