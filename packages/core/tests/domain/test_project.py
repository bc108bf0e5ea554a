# SPDX-License-Identifier: Apache-2.0
"""A project is found again by its name, and by no other's."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.project import UNSORTED_SLUG, project_of, slug_of
from claude_mem_core.domain.project_identity import ProjectFacts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("日本", "中国"),
        ("日本-api", "中国-api"),
        ("🎉", "🚀"),
        ("café", "cafè"),
        ("!!!", "???"),
        ("half \ud800", "half \ud801"),
        ("日" * 511 + "本", "日" * 512),
    ],
)
def test_two_names_in_any_script_have_two_slugs(one: str, other: str) -> None:
    assert slug_of(one) != slug_of(other)
    assert slug_of(one) == slug_of(one)
    assert slug_of(one).strip("-")
    assert len(slug_of(one)) <= 512


def test_a_plain_name_is_its_own_slug() -> None:
    assert slug_of("My Light-house 2") == "my-light-house-2"


@pytest.mark.parametrize(
    "path", ["/" + "x" * 5000, "C:\\" + "x" * 5000, "/" + "日" * 5000, "/"]
)
def test_any_text_that_a_hook_calls_its_folder_is_a_project(path: str) -> None:
    draft = project_of(ProjectFacts(folder=path))

    assert draft.root_path == path
    assert draft.name
    assert draft.slug


@pytest.mark.parametrize("path", [None, "lighthouse", "../lighthouse", "C:lighthouse"])
def test_what_does_not_say_from_where_is_no_folder(path: str | None) -> None:
    assert project_of(ProjectFacts(folder=path)).slug == UNSORTED_SLUG
