# SPDX-License-Identifier: Apache-2.0
"""A command finds the project that is meant, or says which there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from claude_mem_cli.client_here import ClientHere
from claude_mem_cli.projects import (
    NoSuchProjectError,
    project_for,
    project_meant,
    project_named,
)
from claude_mem_core.domain.project import ProjectDraft
from claude_mem_core.errors import InvalidInputError
from claude_mem_core.launch import open_in_process


@pytest.fixture
def client() -> Iterator[ClientHere]:
    with open_in_process() as runtime:
        yield ClientHere(runtime, "here")


def test_a_project_is_made_once_and_found_by_name_slug_and_id(client):
    made = project_for(client, "Tide Pool")
    assert made.slug == "tide-pool"
    for name in ("Tide Pool", "tide-pool", "tide pool", made.id):
        assert project_for(client, name) == project_named(client, name) == made
    assert len(client.projects()) == 1


def test_an_unknown_project_is_told_with_those_there_are(client):
    project_for(client, "one")
    with pytest.raises(NoSuchProjectError, match="no project 'two'; there are: one"):
        project_named(client, "two")


def test_a_project_is_found_by_a_name_that_is_not_its_slug(client):
    made = client.create_project(ProjectDraft(name="lighthouse", slug="lighthouse-1a"))

    assert project_named(client, "lighthouse") == made


def test_a_name_of_several_projects_is_asked_back(client):
    for slug in ("lighthouse-1a", "lighthouse-2b"):
        client.create_project(ProjectDraft(name="lighthouse", slug=slug))

    with pytest.raises(InvalidInputError, match="lighthouse-1a, lighthouse-2b"):
        project_named(client, "lighthouse")


def test_without_a_name_the_nearest_folder_above_decides(client):
    outer, inner = (
        client.create_project(ProjectDraft(name=name, root_path=path))
        for name, path in (("outer", "/srv/code"), ("inner", "/srv/code/inner"))
    )

    def meant(folder: str):
        return project_meant(client, None, folder=Path(folder), env={})

    assert meant("/srv/code/inner/src/deep") == inner
    assert meant("/srv/code/other") == outer
    with pytest.raises(InvalidInputError, match="there are: outer, inner"):
        meant("/srv/codes")


def test_without_a_name_the_only_project_is_meant(client):
    made = project_for(client, "one")

    assert project_meant(client, None, folder=Path("/srv"), env={}) == made


def test_without_a_name_and_without_a_project_the_cure_is_told(client):
    with pytest.raises(InvalidInputError, match="none yet; name one"):
        project_meant(client, None, folder=Path("/srv"), env={})
