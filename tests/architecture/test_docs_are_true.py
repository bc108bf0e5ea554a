# SPDX-License-Identifier: Apache-2.0
"""What the reference pages list is what the code has, no more and no less."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import get_args

import pytest
from claude_mem_core.domain.agent_event import AgentEventDraft
from claude_mem_core.domain.generation_job import SkipReason
from claude_mem_core.errors import ClaudeMemError
from claude_mem_core.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
FIRST_CELLS = re.compile(r"^\| `(\w+)`", re.MULTILINE)


def first_cells(page: str, heading: str) -> set[str]:
    """The names in the first column of the tables under a heading of a page."""
    text = (REFERENCE / page).read_text("utf-8")
    section = re.split(r"^#+ ", text, flags=re.MULTILINE)
    (wanted,) = (part for part in section if part.startswith(heading + "\n"))
    return set(FIRST_CELLS.findall(wanted))


def family(cls: type) -> set[type]:
    """A class and all that inherit from it."""
    return {cls}.union(*(family(child) for child in cls.__subclasses__()))


def is_ours(cls: type) -> bool:
    """Whether a class is the product's own, not a test's."""
    return cls.__module__.startswith("claude_mem_")


@pytest.fixture(autouse=True)
def everything_is_imported() -> None:
    """Import every module of the product, so that every class of it is known."""
    for folder in (ROOT / "packages").iterdir():
        package = import_module(f"claude_mem_{folder.name.replace('-', '_')}")
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)


def test_every_error_that_a_user_can_meet_is_listed_with_its_code() -> None:
    text = (REFERENCE / "errors.md").read_text("utf-8")
    inner = {"ClaudeMemError", "AccessError", "AdapterError"}
    everything = {cls for cls in family(ClaudeMemError) if is_ours(cls)}
    ours = {cls for cls in everything if cls.__name__ not in inner}

    assert first_cells("errors.md", "Errors") == {cls.__name__ for cls in ours}
    for cls in ours:
        assert f"| `{cls.__name__}` | `{cls.code}` |" in text


def test_every_setting_is_listed() -> None:
    variables = {
        PREFIX + field.upper()
        for cls in family(Settings)
        if is_ours(cls)
        for field in cls.model_fields
    }

    assert first_cells("settings.md", "Settings") == variables


def test_every_field_of_an_event_is_listed() -> None:
    fields = {info.alias for info in AgentEventDraft.model_fields.values()}

    assert first_cells("events.md", "An event") == fields


def test_every_reason_for_no_memory_is_listed() -> None:
    assert first_cells("events.md", "Jobs") == set(get_args(SkipReason))
