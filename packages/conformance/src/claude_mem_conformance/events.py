# SPDX-License-Identifier: Apache-2.0

"""What a storage is held to about events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeAlias

import pytest
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.agent_event import (
    TURN_END,
    USER_PROMPT,
    AgentEvent,
    EventName,
    TurnRole,
)
from claude_mem_core.domain.canonical import canonical_json
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.events import EventRepository
from claude_mem_core.ports.storage import Storage
from pydantic import JsonValue

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS, OUTSIDE, PROJECT

Pages: TypeAlias = Sequence[tuple[str | None, Sequence[str]]]

PAYLOADS: tuple[JsonValue, ...] = (
    samples.AWKWARD,
    [],
    "text",
    0,
    1.0,
    None,
    False,
    {"": [{}]},
)


class EventContract(RepositoryContract):
    """Events."""

    ports: ClassVar[tuple[type, ...]] = (EventRepository,)

    def test_outside_the_scope_there_is_no_event(self, inhabited: Storage) -> None:
        """Outside the scope an event looks as if it did not exist."""
        for scope in OUTSIDE:
            with inhabited.read() as snapshot:
                events = snapshot.events
                with pytest.raises(NotFoundError):
                    events.get("event", scope=scope)
                with pytest.raises(NotFoundError):
                    events.turn_of("event", scope=scope)
                assert events.find("key of event", scope=scope) is None
                assert list(events.absent(["event"], scope=scope)) == ["event"]
                assert events.last("session", scope=scope) is None
                assert events.latest("session", scope=scope) is None
                assert events.turns("session", scope=scope) == 0
                assert not events.names("session", scope=scope)
                assert events.turn_before("event", scope=scope) is None
                assert not events.of_turn("session", 1, scope=scope)
                assert not events.prompts("session", scope=scope)

    @pytest.mark.parametrize("payload", PAYLOADS, ids=canonical_json)
    def test_a_payload_comes_back_the_same(
        self, inhabited: Storage, payload: JsonValue
    ) -> None:
        """The payload comes back as the same JSON that was put in."""
        _add(inhabited, samples.event("new", payload=payload))
        with inhabited.read() as snapshot:
            back = snapshot.events.get("new", scope=OURS).payload
        assert canonical_json(back) == canonical_json(payload)

    def test_a_turn_is_in_the_order_of_arrival(self, inhabited: Storage) -> None:
        """The events of a turn come in the order they were added."""
        for age, id_ in enumerate(["z", "a", "m"]):
            _add(inhabited, samples.event(id_, occurred_at_epoch=NOW - age), turn=2)
        with inhabited.read() as snapshot:
            assert _ids(snapshot.events.of_turn("session", 2, scope=OURS)) == [
                *("z", "a", "m")
            ]

    def test_an_event_is_had_by_its_id(self, inhabited: Storage) -> None:
        """The event; `NotFoundError` outside the scope."""
        with inhabited.read() as snapshot:
            for scope in (OURS, PROJECT):
                assert snapshot.events.get("event", scope=scope).id == "event"
            with pytest.raises(NotFoundError):
                snapshot.events.get("absent", scope=OURS)

    def test_an_event_is_found_by_its_identity(self, inhabited: Storage) -> None:
        """The event with this identity."""
        with inhabited.read() as snapshot:
            found = snapshot.events.find("key of event", scope=OURS)
            assert found is not None
            assert found.id == "event"
            assert snapshot.events.find("event", scope=OURS) is None

    def test_absent_ids_are_told(self, inhabited: Storage) -> None:
        """Those of the ids that no event within the scope has."""
        asked = ["x", "event", "their-event", "y"]
        with inhabited.read() as snapshot:
            absent = snapshot.events.absent(asked, scope=OURS)
            assert sorted(absent) == ["their-event", "x", "y"]
            assert list(snapshot.events.absent([], scope=OURS)) == []

    def test_many_ids_can_be_asked_about(self, inhabited: Storage) -> None:
        """Those of the ids that no event within the scope has."""
        asked = [f"absent {number}" for number in range(40_000)]
        with inhabited.read() as snapshot:
            absent = snapshot.events.absent([*asked, "event"], scope=OURS)
            assert sorted(absent) == sorted(asked)

    def test_an_event_knows_its_turn(self, inhabited: Storage) -> None:
        """The number of the turn that an event belongs to."""
        _add(inhabited, samples.event("new"), turn=7)
        with inhabited.read() as snapshot:
            assert snapshot.events.turn_of("event", scope=OURS) == 1
            assert snapshot.events.turn_of("new", scope=OURS) == 7

    def test_the_last_event_is_the_one_that_happened_last(
        self, inhabited: Storage
    ) -> None:
        """The event of a session that happened last, and the number of its turn."""
        for id_, turn, at in (("z", 2, 9), ("a", 3, 9), ("late", 4, 8)):
            _add(inhabited, samples.event(id_, occurred_at_epoch=NOW + at), turn=turn)
        _add(inhabited, samples.event("alone", server_session_id=None))
        with inhabited.read() as snapshot:
            last = snapshot.events.last("session", scope=OURS)
            assert last is not None
            assert (last[0].id, last[1]) == ("a", 3)
            assert snapshot.events.last("absent", scope=OURS) is None

    def test_the_latest_turn_is_that_of_what_happened_last(
        self, inhabited: Storage
    ) -> None:
        """The turn of what happened last, without reading a payload."""
        happened = (
            ("z", 3, USER_PROMPT, 9),
            ("a", 2, TURN_END, 9),
            ("late", 4, "x", 8),
        )
        for id_, turn, kind, at in happened:
            event = samples.event(id_, event_type=kind, occurred_at_epoch=NOW + at)
            _add(inhabited, event, turn=turn)
        _add(inhabited, samples.event("alone", server_session_id=None), turn=7)
        with inhabited.read() as snapshot:
            latest = snapshot.events.latest
            assert latest("session", scope=OURS) == (2, TurnRole.CLOSES, NOW + 9)
            assert latest("session", scope=OURS, until=NOW + 8) == (
                *(4, TurnRole.WITHIN, NOW + 8),
            )
            assert latest("session", scope=OURS, until=0) is None
            assert latest("absent", scope=OURS) is None

    def test_the_greatest_turn_is_told(self, inhabited: Storage) -> None:
        """The greatest number of a session's turns; 0 where it has none."""
        for id_, turn in (("z", 7), ("a", 3)):
            _add(inhabited, samples.event(id_), turn=turn)
        _add(inhabited, samples.event("elsewhere", **samples.ELSEWHERE), turn=9)
        with inhabited.read() as snapshot:
            assert snapshot.events.turns("session", scope=OURS) == 7
            assert snapshot.events.turns("absent", scope=OURS) == 0

    def test_the_turn_before_an_event_is_that_of_what_came_before(
        self, inhabited: Storage
    ) -> None:
        """The turn of what happened last before an event, in another turn than its
        own.
        """  # noqa: D205 - the promise is quoted whole
        happened = (("a", 7, 5), ("b", 3, 9), ("c", 3, 9), ("d", 4, 9), ("e", 5, 6))
        for id_, turn, at in happened:
            event = samples.event(id_, occurred_at_epoch=NOW + at)
            _add(inhabited, event, turn=turn)
        with inhabited.read() as snapshot:
            events = snapshot.events
            before = {id_: events.turn_before(id_, scope=OURS) for id_ in "abcde"}
            assert before == {"a": 1, "b": 5, "c": 5, "d": 3, "e": 7}
            assert events.turn_before("event", scope=OURS) is None
            assert events.turn_before("absent", scope=OURS) is None

    def test_events_are_told_by_their_names(self, inhabited: Storage) -> None:
        """What the events of a session are known by, in the order they happened."""
        named = {"tool_use_id": "t", "source_event_id": "s"}
        full = samples.event(
            "z", occurred_at_epoch=NOW + 9, metadata=samples.AWKWARD, **named
        )
        for event in (full, samples.event("a", occurred_at_epoch=NOW + 1)):
            _add(inhabited, event)
        with inhabited.read() as snapshot:
            names = snapshot.events.names("session", scope=OURS)
            assert [one.id for one in names] == ["event", "a", "z"]
            assert names[-1] == EventName(
                "z", full.event_type, "t", "s", NOW + 9, samples.AWKWARD
            )
            assert not snapshot.events.names("absent", scope=OURS)

    def test_a_turn_has_its_own_events(self, inhabited: Storage) -> None:
        """The events of one turn of a session."""
        _add(inhabited, samples.event("second"), turn=2)
        _add(inhabited, samples.event("elsewhere", **samples.ELSEWHERE), turn=2)
        with inhabited.read() as snapshot:
            events = snapshot.events
            assert _ids(events.of_turn("session", 1, scope=OURS)) == ["event"]
            assert _ids(events.of_turn("session", 2, scope=OURS)) == ["second"]
            assert _ids(events.of_turn("session", 3, scope=OURS)) == []

    def test_prompts_come_in_order(self, inhabited: Storage) -> None:
        """The events that opened a session's turns, in order."""
        for turn, id_ in enumerate(["z", "a"]):
            _add(inhabited, samples.event(id_, event_type=USER_PROMPT), turn=turn)
            _add(inhabited, samples.event(f"not {id_}"), turn=turn)
        with inhabited.read() as snapshot:
            prompts = snapshot.events.prompts("session", scope=OURS)
        assert _ids(prompts) == ["z", "a"]

    def test_an_identity_is_taken_once(self, inhabited: Storage) -> None:
        """An identity is taken once: `ConflictError`."""
        with pytest.raises(ConflictError):
            _add(inhabited, samples.event("another"), key="key of event")

    def test_an_event_is_of_its_sessions_project(self, inhabited: Storage) -> None:
        """An event and its session are of the same project: `ConflictError` else."""
        with pytest.raises(ConflictError):
            _add(inhabited, samples.event("astray", project_id="other"))

    def test_a_new_event_is_kept_whole(self, inhabited: Storage) -> None:
        """Keep a new event with its identity and the number of its turn."""
        ids = {"content_session_id": "c", "memory_session_id": "m", "tool_use_id": "t"}
        full = samples.event(
            "full", platform_source="codex", metadata=samples.AWKWARD, **ids
        )
        bare = samples.event("bare", server_session_id=None, source_event_id="s")
        for event in (full, bare):
            _add(inhabited, event)
        with inhabited.read() as snapshot:
            for event in (full, bare):
                assert snapshot.events.get(event.id, scope=OURS) == event

    def test_old_events_are_had_of_every_team(self, inhabited: Storage) -> None:
        """Every team's events that came in before a moment, and whose they are."""
        for id_, age in (("z", 2), ("a", 1), ("new", 0)):
            _add(inhabited, samples.event(id_, created_at_epoch=NOW - age))
        ours = Scope("team", "project")
        with inhabited.read() as snapshot:
            aged = snapshot.events.aged
            found = aged(before=NOW, after=None, limit=9)
            mine = [(one.id, scope) for one, scope in found if scope == ours]
            assert mine == [("z", ours), ("a", ours)]
            assert [one.id for one, _ in aged(before=NOW, after="z", limit=9)] == ["a"]
            assert [one.id for one, _ in aged(before=NOW, after=None, limit=1)] == ["z"]
            everything = aged(before=NOW + 1, after=None, limit=9)
            whose = {scope.team_id for _, scope in everything}
            assert whose == {"team", "strangers"}

    def test_events_come_page_by_page(self, inhabited: Storage) -> None:
        """A project's events in the order they were put in, from one's id on."""
        for id_ in ("z", "a", "m"):
            _add(inhabited, samples.event(id_))
        pages: Pages = ((None, ["event", "z"]), ("z", ["a", "m"]), ("m", []))
        with inhabited.read() as snapshot:
            for after, expected in pages:
                page = snapshot.events.page("project", scope=OURS, after=after, limit=2)
                assert _ids(page) == expected
            for scope in OUTSIDE:
                assert not snapshot.events.page(
                    "project", scope=scope, after=None, limit=9
                )

    def test_an_event_is_replaced_in_its_turn(self, inhabited: Storage) -> None:
        """Put `event` in the place of the one with its id, in the same turn."""
        _add(inhabited, samples.event("new"), turn=7)
        less = samples.event("new", payload={"a": 1}, metadata=samples.AWKWARD)
        with inhabited.begin() as tx:
            tx.events.replace(less)
        with inhabited.begin() as tx:
            tx.events.replace(samples.event(), key="its new key")
        with inhabited.read() as snapshot:
            events = snapshot.events
            assert events.get("new", scope=OURS) == less
            turn = [one.id for one in events.of_turn("session", 7, scope=OURS)]
            assert turn == ["new"]
            assert events.find("key of new", scope=OURS) == less
            assert events.find("key of event", scope=OURS) is None
            assert events.find("its new key", scope=OURS) == samples.event()
        with pytest.raises(NotFoundError), inhabited.begin() as tx:
            tx.events.replace(samples.event("absent"))
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.events.replace(less, key="its new key")


def _add(
    storage: Storage, event: AgentEvent, *, key: str | None = None, turn: int = 1
) -> None:
    with storage.begin() as tx:
        tx.events.add(event, key=key or f"key of {event.id}", turn=turn)


def _ids(events: Sequence[AgentEvent]) -> list[str]:
    return [event.id for event in events]
