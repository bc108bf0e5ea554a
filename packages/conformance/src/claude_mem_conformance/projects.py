# SPDX-License-Identifier: Apache-2.0

"""What a storage is held to about projects."""

from __future__ import annotations

from typing import ClassVar

import pytest
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.projects import ProjectRepository
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS, OUTSIDE, PROJECT, STRANGERS


class ProjectContract(RepositoryContract):
    """Projects."""

    ports: ClassVar[tuple[type, ...]] = (ProjectRepository,)

    def test_outside_the_scope_there_is_no_project(self, inhabited: Storage) -> None:
        """Outside the scope a project and its keys look as if they did not exist."""
        with inhabited.begin() as tx:
            tx.projects.add(samples.project("seen", slug="s", root_path="/p"))
            tx.projects.identify(samples.identity("k", project_id="seen"))
        for scope in OUTSIDE:
            with inhabited.read() as snapshot:
                projects = snapshot.projects
                with pytest.raises(NotFoundError):
                    projects.get("seen", scope=scope)
                assert projects.find(slug="s", scope=scope) is None
                assert projects.find(root_path="/p", scope=scope) is None
                assert "seen" not in [one.id for one in projects.list(scope=scope)]
                assert not projects.identified(["k"], scope=scope)
                assert not projects.identities("seen", scope=scope)

    @pytest.mark.parametrize("field", ["slug", "root_path"])
    def test_slug_and_root_path_are_taken_once(
        self, inhabited: Storage, field: str
    ) -> None:
        """A slug, and a root path, is taken once in a team: `ConflictError`."""
        with inhabited.begin() as tx:
            tx.projects.add(samples.project("first", **{field: "/same"}))
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.projects.add(samples.project("second", **{field: "/same"}))

    def test_two_teams_may_use_the_same_slug(self, inhabited: Storage) -> None:
        """Two teams may use the same slug, and the same key."""
        with inhabited.begin() as tx:
            tx.projects.add(samples.project("a", slug="same"))
            tx.projects.add(samples.project("b", slug="same", team_id="strangers"))
            tx.projects.identify(samples.identity("same", project_id="a"))
            tx.projects.identify(samples.identity("same", project_id="b"))
        for scope, id_ in ((OURS, "a"), (STRANGERS, "b")):
            with inhabited.read() as snapshot:
                found = snapshot.projects.find(slug="same", scope=scope)
                known = snapshot.projects.identified(["same"], scope=scope)
            assert found is not None
            assert found.id == id_
            assert [one.project_id for one in known] == [id_]

    def test_a_project_is_had_by_its_id(self, inhabited: Storage) -> None:
        """The project; `NotFoundError` outside the scope."""
        with inhabited.read() as snapshot:
            for scope in (OURS, PROJECT):
                assert snapshot.projects.get("project", scope=scope).id == "project"
            with pytest.raises(NotFoundError):
                snapshot.projects.get("absent", scope=OURS)

    def test_a_project_is_found_by_slug_or_root_path(self, inhabited: Storage) -> None:
        """The project with this slug, or this root path."""
        with inhabited.begin() as tx:
            tx.projects.add(samples.project("s", slug="slug"))
            tx.projects.add(samples.project("r", root_path="/path"))
        with inhabited.read() as snapshot:
            by_slug = snapshot.projects.find(slug="slug", scope=OURS)
            by_path = snapshot.projects.find(root_path="/path", scope=OURS)
            assert [by_slug and by_slug.id, by_path and by_path.id] == ["s", "r"]
            assert snapshot.projects.find(slug="absent", scope=OURS) is None
            assert snapshot.projects.find(root_path="/absent", scope=OURS) is None

    def test_projects_come_oldest_first(self, inhabited: Storage) -> None:
        """The scope's projects, oldest first."""
        with inhabited.begin() as tx:
            tx.projects.add(samples.project("z", created_at_epoch=NOW + 1))
            tx.projects.add(samples.project("a", created_at_epoch=NOW + 2))
        with inhabited.read() as snapshot:
            ids = [one.id for one in snapshot.projects.list(scope=OURS)]
            mine = [one.id for one in snapshot.projects.list(scope=PROJECT)]
        assert ids[2:] == ["z", "a"]
        assert set(ids[:2]) == {"project", "other"}
        assert mine == ["project"]

    def test_a_new_project_is_kept_whole(self, inhabited: Storage) -> None:
        """Keep a new project."""
        place = {"slug": "full", "root_path": "/home/me/ü"}
        project = samples.project("full", metadata=samples.AWKWARD, **place)
        with inhabited.begin() as tx:
            tx.projects.add(project)
        with inhabited.read() as snapshot:
            assert snapshot.projects.get("full", scope=OURS) == project

    def test_a_project_is_replaced_by_its_id(self, inhabited: Storage) -> None:
        """Put `project` in the place of the one with its id; `NotFoundError` if
        none.
        """  # noqa: D205 - the promise is quoted whole
        changed = samples.project(name="new", slug="s", metadata=samples.AWKWARD)
        with inhabited.begin() as tx:
            tx.projects.replace(changed)
        with inhabited.read() as snapshot:
            assert snapshot.projects.get("project", scope=OURS) == changed
        with pytest.raises(NotFoundError), inhabited.begin() as tx:
            tx.projects.replace(samples.project("absent"))
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.projects.replace(samples.project("other", slug="s"))

    def test_keys_are_looked_up_at_once(self, inhabited: Storage) -> None:
        """What these keys stand for; those that stand for nothing are left out."""
        mine = samples.identity("git:host/ü", proof="user")
        theirs = samples.identity("folder:/o", project_id="other", proof="repository")
        with inhabited.begin() as tx:
            tx.projects.identify(mine)
            tx.projects.identify(theirs)
            tx.projects.identify(samples.identity("folder:/not-asked-for"))
        asked = ["folder:/o", "absent", "git:host/ü", "folder:/o"]
        with inhabited.read() as snapshot:
            found = snapshot.projects.identified(asked, scope=OURS)
            limited = snapshot.projects.identified(asked, scope=PROJECT)
            none = snapshot.projects.identified([], scope=OURS)
        assert sorted(found, key=lambda one: one.key) == [theirs, mine]
        assert limited == [mine]
        assert not none

    def test_the_keys_of_a_project_come_oldest_first(self, inhabited: Storage) -> None:
        """What stands for a project, in the order in which the keys were first kept."""
        keys = [samples.identity("b"), samples.identity("a"), samples.identity("c")]
        again = samples.identity("b", proof="user")
        with inhabited.begin() as tx:
            for one in (*keys, samples.identity("o", project_id="other"), again):
                tx.projects.identify(one)
        with inhabited.read() as snapshot:
            for scope in (OURS, PROJECT):
                found = snapshot.projects.identities("project", scope=scope)
                assert found == [again, *keys[1:]]

    def test_a_key_stands_for_one_project(self, inhabited: Storage) -> None:
        """Let a key stand for a project, and for no other of its team any more."""
        moved = samples.identity("k", project_id="other", proof="repository")
        with inhabited.begin() as tx:
            tx.projects.identify(samples.identity("k"))
        with inhabited.begin() as tx:
            tx.projects.identify(moved)
        with inhabited.read() as snapshot:
            assert snapshot.projects.identified(["k"], scope=OURS) == [moved]
            assert snapshot.projects.identities("other", scope=OURS) == [moved]
            assert not snapshot.projects.identities("project", scope=OURS)

    def test_no_key_stands_for_a_project_that_is_not_there(
        self, inhabited: Storage
    ) -> None:
        """No key stands for a project that is not there: `NotFoundError`."""
        with pytest.raises(NotFoundError), inhabited.begin() as tx:
            tx.projects.identify(samples.identity("k", project_id="absent"))
