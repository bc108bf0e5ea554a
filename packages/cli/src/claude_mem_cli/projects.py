# SPDX-License-Identifier: Apache-2.0
"""Which project a command means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from claude_mem_core.domain.project import Project, ProjectDraft, slug_of
from claude_mem_core.errors import ConflictError, InvalidInputError, NotFoundError
from claude_mem_core.git_facts import facts_of

from claude_mem_cli.client import Client
from claude_mem_cli.naming import only_one_called
from claude_mem_cli.settings import ClientSettings


class HasProjects(Protocol):
    """Whoever knows which projects there are."""

    def projects(self) -> Sequence[Project]:
        """All of them, oldest first."""


class NoSuchProjectError(NotFoundError):
    """No project has this name."""

    def __init__(self, name: str, known: Sequence[Project]) -> None:
        super().__init__("project", name)
        self.args = (f"no project {name!r}; there are: {_listed(known)}",)


def project_meant(
    client: Client, name: str | None, *, folder: Path, env: Mapping[str, str]
) -> Project:
    """The project of this name; without a name that of the folder, or the only one.

    Args:
        client: Where the projects are.
        name: A name, slug or id, as `--project` gave it.
        folder: Where the command was called; it is of its repository's project.
        env: It may name the project for every folder.

    Raises:
        InvalidInputError: Nobody can say which is meant; it names those there are.
    """
    name = name or ClientSettings.from_env(env).project
    if name is not None:
        return project_named(client, name)
    of_folder = client.resolve(facts_of(folder))
    if of_folder is not None:
        return of_folder
    known = client.projects()
    if len(known) == 1:
        return known[0]
    cause = f"no project is of the folder {folder}; there are: {_listed(known)}"
    raise InvalidInputError.of("--project", cause, "name one")


def project_named(client: HasProjects, name: str) -> Project:
    """The project of this name, slug or id; an error names those there are."""
    known = client.projects()
    found = _find(known, name) or only_one_called(
        name, known, option="--project", listed=_listed
    )
    if found is None:
        raise NoSuchProjectError(name, known)
    return found


def project_for(client: Client, name: str) -> Project:
    """The project of this name, made when there is none.

    Raises:
        InvalidInputError: No project can have this name.
    """
    draft = ProjectDraft.from_wire({"name": name})
    try:
        return project_named(client, name)
    except NoSuchProjectError:
        try:
            return client.create_project(draft)
        except ConflictError:
            # Somebody made it meanwhile.
            return project_named(client, name)


def _find(known: Sequence[Project], name: str) -> Project | None:
    wanted = (name, slug_of(name))
    return next((one for one in known if one.id == name or one.slug in wanted), None)


def _listed(projects: Sequence[Project]) -> str:
    return ", ".join(one.slug or one.name for one in projects) or "none yet"
