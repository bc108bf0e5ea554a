# SPDX-License-Identifier: Apache-2.0
"""Which project facts are of: the one answer that writers and readers get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.project import (
    UNSORTED_SLUG,
    Project,
    ProjectDraft,
    namesake,
    project_of,
    slug_of,
)
from claude_mem_core.domain.project_identity import (
    HOSTED,
    ProjectFacts,
    ProjectIdentity,
    chosen,
    to_link,
)
from claude_mem_core.domain.project_named import OfProject, OfProjects
from claude_mem_core.domain.value import JsonObject
from claude_mem_core.errors import ForbiddenError, NotFoundError
from claude_mem_core.ports.storage import Snapshot, Transaction
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import require_project


def known_project(
    records: Snapshot | Transaction, facts: ProjectFacts, *, by: Principal
) -> Project | None:
    """The project that the facts are of, if there is one; nothing is written.

    A caller that is limited to one project is always told of that one.
    """
    if by.project_id is not None:
        return records.projects.get(by.project_id, scope=by.scope)
    return _look(records, facts, by=by).project


def project_id_of(
    records: Snapshot | Transaction, asked: OfProject, *, by: Principal
) -> str:
    """The id of the project that a question is about.

    Raises:
        NotFoundError: There is none, or it is not the caller's team's.
        ForbiddenError: The key is limited to another project.
    """
    if asked.project_id is not None:
        require_project(records, asked.project_id, by=by)
        return asked.project_id
    facts = asked.project_facts or ProjectFacts()
    project = known_project(records, facts, by=by)
    if project is None:
        raise NotFoundError("project", facts.title or UNSORTED_SLUG)
    return project.id


def project_ids_of(
    records: Snapshot | Transaction, asked: OfProjects, *, by: Principal
) -> tuple[str, ...]:
    """The ids of the projects that a question is about, each once.

    Raises:
        NotFoundError: One is not there, or not the caller's team's.
        ForbiddenError: The key is limited to another project.
    """
    if not asked.project_ids:
        return (project_id_of(records, asked, by=by),)
    for project_id in asked.project_ids:
        require_project(records, project_id, by=by)
    return tuple(dict.fromkeys(asked.project_ids))


def project_of_facts(
    tx: Transaction, facts: ProjectFacts, *, by: Principal, audited: Audited
) -> Project:
    """The project that the facts are of, made when there is none.

    Afterwards the facts' keys stand for it, unless the user named the project: a name
    is for the session that it was given for, and proves nothing about the folder.
    """
    if by.project_id is not None:
        return tx.projects.get(by.project_id, scope=by.scope)
    seen = _look(tx, facts, by=by)
    project = seen.project or _made(tx, facts, by=by, audited=audited)
    is_news = seen.project is None or facts.proof == "repository"
    if facts.name is None and is_news:
        links = to_link(facts, seen.known, project.id, audited.system.now())
        link(tx, project, links, by=by, audited=audited)
    return project


def new_project(
    tx: Transaction, draft: ProjectDraft, *, by: Principal, audited: Audited
) -> Project:
    """Keep a project made from `draft`, with its audit entry."""
    if by.project_id is not None:
        message = "a key that is limited to one project cannot create another"
        raise ForbiddenError(message)
    now = audited.system.now()
    project = Project(
        **dict(draft),
        id=audited.system.new_id(),
        team_id=by.team_id,
        created_at_epoch=now,
        updated_at_epoch=now,
    ).changed(slug=draft.slug or slug_of(draft.name))
    tx.projects.add(project)
    _record(tx, "project.create", project, by=by, audited=audited)
    return project


def link(
    tx: Transaction,
    project: Project,
    links: Sequence[ProjectIdentity],
    *,
    by: Principal,
    audited: Audited,
) -> None:
    """Let keys stand for a project, with an audit entry that counts them.

    A key tells a folder's path or a remote's address: the project has them.
    """
    for one in links:
        tx.projects.identify(one)
    if links:
        told: JsonObject = {"count": len(links)}
        _record(tx, "project.identify", project, told, by=by, audited=audited)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the store knows of some facts.

    Attributes:
        known: What their keys stand for.
    """

    project: Project | None
    known: Mapping[str, ProjectIdentity]


def _look(
    records: Snapshot | Transaction, facts: ProjectFacts, *, by: Principal
) -> _Seen:
    if facts.name is not None:
        return _Seen(_named(records, facts.name, by=by), {})
    keys = (*facts.remote_keys, *facts.place_keys, *facts.folder_keys)
    if not keys:
        unsorted = records.projects.find(scope=by.scope, slug=UNSORTED_SLUG)
        return _Seen(unsorted, {})
    found = records.projects.identified(keys, scope=by.scope)
    known = {one.key: one for one in found}

    def has_remote(project_id: str) -> bool:
        every = records.projects.identities(project_id, scope=by.scope)
        return any(one.key.startswith(HOSTED) for one in every)

    one = chosen(facts, known, has_remote=has_remote)
    project = records.projects.get(one.project_id, scope=by.scope) if one else None
    return _Seen(project, known)


def _named(
    records: Snapshot | Transaction, name: str, *, by: Principal
) -> Project | None:
    slugs = dict.fromkeys((name, slug_of(name)))
    found = (records.projects.find(scope=by.scope, slug=slug) for slug in slugs)
    return next(filter(None, found), None)


def _made(
    tx: Transaction, facts: ProjectFacts, *, by: Principal, audited: Audited
) -> Project:
    draft = project_of(facts)
    key = next(iter((*facts.remote_keys, *facts.place_keys)), None)
    path = draft.root_path
    if path is not None and tx.projects.find(scope=by.scope, root_path=path):
        # Another repository stood in this folder before: it keeps its records.
        draft = draft.changed(root_path=None)
    if key is not None:
        draft = draft.changed(slug=_free_slug(tx, draft, key, by=by, audited=audited))
    return new_project(tx, draft, by=by, audited=audited)


def _free_slug(
    tx: Transaction,
    draft: ProjectDraft,
    key: str,
    *,
    by: Principal,
    audited: Audited,
) -> str:
    wanted = draft.slug or slug_of(draft.name)
    named = namesake(wanted, named=key)
    slugs = (named,) if wanted == UNSORTED_SLUG else (wanted, named)
    free = (one for one in slugs if not tx.projects.find(scope=by.scope, slug=one))
    return next(free, None) or namesake(wanted, named=audited.system.new_id())


def _record(
    tx: Transaction,
    action: str,
    project: Project,
    metadata: JsonObject | None = None,
    *,
    by: Principal,
    audited: Audited,
) -> None:
    deed = AuditDeed(
        action=action,
        project_id=project.id,
        target_type="project",
        target_id=project.id,
        metadata=metadata or {},
    )
    audited.record(tx, deed, by=by)
