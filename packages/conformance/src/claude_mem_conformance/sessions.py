# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: D205 - a promise is quoted whole, and some are long
"""What a storage is held to about sessions."""

from __future__ import annotations

from typing import ClassVar

import pytest
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.coverage import CoverageTotals, coverage_of
from claude_mem_core.domain.server_session import ServerSession, SessionKey, Tally
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.sessions import SessionRepository
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS, OUTSIDE, PROJECT, SESSION_KEY


class SessionContract(RepositoryContract):
    """Sessions."""

    ports: ClassVar[tuple[type, ...]] = (SessionRepository,)

    def test_outside_the_scope_there_is_no_session(self, inhabited: Storage) -> None:
        """Outside the scope a session looks as if it did not exist."""
        for scope in OUTSIDE:
            with inhabited.read() as snapshot:
                with pytest.raises(NotFoundError):
                    snapshot.sessions.get("session", scope=scope)
                assert snapshot.sessions.find(SESSION_KEY, scope=scope) is None

    def test_a_key_finds_its_platform_only(self, inhabited: Storage) -> None:
        """A key with a platform finds only that platform's session, a key with null
        only the one without a platform, and `any_platform` the newest of all.
        """
        for age, platform in enumerate(["codex", None, "cursor"]):
            _add(inhabited, f"{platform}", platform_source=platform, age=age)
        assert _find(inhabited, platform_source="codex") == "codex"
        assert _find(inhabited, platform_source=None) == "None"
        assert _find(inhabited, platform_source="gemini") is None
        assert _find(inhabited, any_platform=True) == "cursor"

    def test_a_session_is_had_by_its_id(self, inhabited: Storage) -> None:
        """The session; `NotFoundError` outside the scope."""
        with inhabited.read() as snapshot:
            for scope in (OURS, PROJECT):
                assert snapshot.sessions.get("session", scope=scope).id == "session"
            with pytest.raises(NotFoundError):
                snapshot.sessions.get("absent", scope=OURS)

    def test_a_session_is_found_by_its_name_and_the_newest_counts(
        self, inhabited: Storage
    ) -> None:
        """The session that an agent names so, the newest where there are several."""
        _add(inhabited, "older", platform_source="codex", age=1)
        _add(inhabited, "a newer", platform_source="codex", age=2, project_id="other")
        _add(inhabited, "its outer name", external_session_id="outer", age=3)
        assert _find(inhabited, platform_source="codex") == "a newer"
        assert _find(inhabited, "outer") == "its outer name"
        assert _find(inhabited, "absent") is None

    def test_coverage_is_added_up(self, inhabited: Storage) -> None:
        """The coverage of every team's sessions since a moment, added up."""
        for age, counts in enumerate([(5, 2, 1), (1, 0, 0), (9, 9, 9)]):
            live, filled, missing = counts
            coverage = coverage_of(
                live=live, filled=filled, missing=missing, now=NOW - age
            )
            name = f"covered {age}"
            _add(inhabited, name, name, age=age, coverage=coverage)
        with inhabited.read() as snapshot:
            totals = snapshot.sessions.covered(since=NOW - 1)
            assert totals == CoverageTotals(2, 9, 6, 2, 1)
            assert snapshot.sessions.covered(since=NOW + 1) == (0, 0, 0, 0, 0)
            kept = snapshot.sessions.get("covered 0", scope=OURS).coverage
            assert kept == coverage_of(live=5, filled=2, missing=1, now=NOW)

    def test_a_session_has_a_project(self, inhabited: Storage) -> None:
        """A session of a project that does not exist is refused: `NotFoundError`."""
        with pytest.raises(NotFoundError), inhabited.begin() as tx:
            tx.sessions.add(samples.session("lost", project_id="absent"))

    def test_a_name_is_taken_once_on_each_platform(self, inhabited: Storage) -> None:
        """In a project, an agent's name for a session is taken once on each platform:
        `ConflictError`.
        """
        _add(inhabited, "with", platform_source="codex")
        _add(inhabited, "without", platform_source=None)
        _add(inhabited, "elsewhere", platform_source="codex", project_id="other")
        for platform in ("codex", None):
            with pytest.raises(ConflictError):
                _add(inhabited, f"again {platform}", platform_source=platform)

    def test_a_session_cannot_take_a_name_later(self, inhabited: Storage) -> None:
        """In a project, an agent's name for a session is taken once on each platform:
        `ConflictError`.
        """
        _add(inhabited, "taken", platform_source="codex")
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.sessions.replace(
                samples.session(content_session_id="name", platform_source="codex")
            )

    @pytest.mark.parametrize("child", ["event", "memory"])
    def test_a_session_with_records_stays(self, inhabited: Storage, child: str) -> None:
        """A session with events or memories cannot move to another project:
        `ConflictError`.
        """
        _add(inhabited, "full")
        _add(inhabited, "empty", "another name")
        with inhabited.begin() as tx:
            if child == "event":
                event = samples.event("in it", server_session_id="full")
                tx.events.add(event, key="in it", turn=1)
            else:
                tx.memories.add(samples.memory("in it", server_session_id="full"))
        with inhabited.begin() as tx:
            tx.sessions.replace(samples.session("empty", project_id="other"))
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.sessions.replace(samples.session("full", project_id="other"))

    def test_a_projects_sessions_come_page_by_page(self, inhabited: Storage) -> None:
        """A project's sessions in the order they were put in, from one's id on."""
        for age, id_ in enumerate(["z", "a"]):
            _add(inhabited, id_, f"name of {id_}", age=-age)
        pages = {None: ["session", "z"], "session": ["z", "a"], "z": ["a"], "a": []}
        with inhabited.read() as snapshot:
            sessions = snapshot.sessions
            for after, expected in pages.items():
                page = sessions.page("project", scope=OURS, after=after, limit=2)
                assert [one.id for one in page] == expected
            for scope in OUTSIDE:
                assert not sessions.page("project", scope=scope, after=None, limit=2)

    def test_the_sessions_that_began_last_come_first(self, inhabited: Storage) -> None:
        """The sessions that began last first, from the one after another's id on."""
        ages = {"new": 9, "old": -9, "newest": 10}
        for id_, age in ages.items():
            _add(inhabited, id_, f"name of {id_}", age=age)
        pages = {
            None: ["newest", "new"],
            "new": ["session", "old"],
            "session": ["old"],
            "old": [],
        }
        for after, expected in pages.items():
            assert _latest(inhabited, after=after) == expected

    def test_of_one_moment_what_was_put_in_last_comes_first(
        self, inhabited: Storage
    ) -> None:
        """Of those that began at the same moment the last one put in comes first."""
        for id_ in ("z", "a", "m"):
            _add(inhabited, id_, f"name of {id_}", age=1)
        assert _latest(inhabited, limit=3) == ["m", "a", "z"]
        assert _latest(inhabited, after="a", limit=1) == ["z"]

    def test_the_latest_sessions_are_those_within_the_scope(
        self, inhabited: Storage
    ) -> None:
        """Outside the scope a session looks as if it did not exist."""
        for scope in OUTSIDE:
            assert "session" not in _latest(inhabited, scope=scope, project_id=None)
        for scope in (OURS, PROJECT):
            assert "session" in _latest(inhabited, scope=scope, project_id=None)
        assert _latest(inhabited, project_id="other") == ["other-session"]
        assert _latest(inhabited, scope=PROJECT, project_id="other") == []

    def test_what_is_kept_of_sessions_is_counted(self, inhabited: Storage) -> None:
        """How many events and memories each session has, in the order of the ids."""
        _add(inhabited, "full")
        _add(inhabited, "empty", "another name")
        with inhabited.begin() as tx:
            for id_ in ("one", "two"):
                event = samples.event(id_, server_session_id="full")
                tx.events.add(event, key=id_, turn=1)
            memory = samples.memory("three", server_session_id="full")
            tx.memories.add(memory)
        with inhabited.read() as snapshot:
            for order in (["full", "empty"], ["empty", "full", "empty"]):
                found = snapshot.sessions.tallies(order, scope=OURS)
                told = {"full": Tally(2, 1), "empty": Tally(0, 0)}
                assert [*found] == [told[one] for one in order]

    def test_nothing_is_counted_outside_the_scope(self, inhabited: Storage) -> None:
        """A session outside the scope has neither events nor memories."""
        _add(inhabited, "full")
        with inhabited.begin() as tx:
            tx.memories.add(samples.memory("in it", server_session_id="full"))
        with inhabited.read() as snapshot:
            for scope in OUTSIDE:
                found = snapshot.sessions.tallies(["full", "absent"], scope=scope)
                assert [*found] == [Tally(0, 0), Tally(0, 0)]

    def test_a_new_session_is_kept_whole(self, inhabited: Storage) -> None:
        """Keep a new session."""
        agent = {"agent_id": "a", "agent_type": "t", "memory_session_id": "m"}
        session = samples.session("full", title="T", metadata=samples.AWKWARD, **agent)
        bare = samples.session("bare", content_session_id=None, platform_source=None)
        with inhabited.begin() as tx:
            tx.sessions.add(session)
            tx.sessions.add(bare)
        with inhabited.read() as snapshot:
            assert snapshot.sessions.get("full", scope=OURS) == session
            assert snapshot.sessions.get("bare", scope=OURS) == bare

    def test_a_session_is_replaced_by_its_id(self, inhabited: Storage) -> None:
        """Put `session` in the place of the one with its id; `NotFoundError` if
        none.
        """
        ended = samples.session(status="completed", completed_at_epoch=NOW + 5)
        with inhabited.begin() as tx:
            tx.sessions.replace(ended)
        with inhabited.read() as snapshot:
            assert snapshot.sessions.get("session", scope=OURS) == ended
            other = snapshot.sessions.get("other-session", scope=OURS)
        assert other.status == "active"
        with pytest.raises(NotFoundError), inhabited.begin() as tx:
            tx.sessions.replace(samples.session("absent"))


def _add(
    storage: Storage, id_: str, name: str = "name", *, age: int = 0, **fields: object
) -> None:
    when = {"started_at_epoch": NOW + age, "updated_at_epoch": NOW + age}
    with storage.begin() as tx:
        tx.sessions.add(
            samples.session(id_, **{"content_session_id": name, **when, **fields})
        )


def _latest(
    storage: Storage,
    *,
    scope: Scope = OURS,
    project_id: str | None = "project",
    after: str | None = None,
    limit: int = 2,
) -> list[str]:
    with storage.read() as snapshot:
        found = snapshot.sessions.latest(
            scope=scope, project_id=project_id, after=after, limit=limit
        )
    return [one.id for one in found]


def _find(storage: Storage, name: str = "name", **how: object) -> str | None:
    key = SessionKey.model_validate(
        {"content_session_id": name, "platform_source": "claude", **how}, by_name=True
    )
    with storage.read() as snapshot:
        found: ServerSession | None = snapshot.sessions.find(key, scope=OURS)
    return found.id if found else None
