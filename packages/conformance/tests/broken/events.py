# SPDX-License-Identifier: Apache-2.0
"""Events that each break one promise."""

from __future__ import annotations

import json
from itertools import takewhile

from claude_mem_conformance.events import EventContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.errors import NotFoundError, StorageError
from claude_mem_core.reference.events import InProcessEvents

from broken.registry import breaks


@breaks(EventContract.test_outside_the_scope_there_is_no_event, "events")
class LastForgetsTheProjectLimit(InProcessEvents):
    def last(self, session_id, *, scope):
        return super().last(session_id, scope=Scope(scope.team_id))


@breaks(EventContract.test_a_payload_comes_back_the_same, "events")
class IntegersBecomeFloats(InProcessEvents):
    def get(self, event_id, *, scope):
        event = super().get(event_id, scope=scope)
        text = json.dumps(event.payload)
        return event.changed(payload=json.loads(text, parse_int=float))


@breaks(EventContract.test_a_turn_is_in_the_order_of_arrival, "events")
class TurnsComeById(InProcessEvents):
    def of_turn(self, session_id, turn, *, scope):
        events = super().of_turn(session_id, turn, scope=scope)
        return sorted(events, key=lambda event: event.id)


@breaks(EventContract.test_an_event_is_had_by_its_id, "events")
class LimitedKeysGetNoEvent(InProcessEvents):
    def get(self, event_id, *, scope):
        if scope.project_id:
            raise NotFoundError("event", event_id)
        return super().get(event_id, scope=scope)


@breaks(EventContract.test_an_event_is_found_by_its_identity, "events")
class EventsAreFoundByIdToo(InProcessEvents):
    def find(self, key, *, scope):
        return super().find(key, scope=scope) or super().find(
            f"key of {key}", scope=scope
        )


@breaks(EventContract.test_absent_ids_are_told, "events")
class AbsentStopsEarly(InProcessEvents):
    def absent(self, event_ids, *, scope):
        gone = set(super().absent(event_ids, scope=scope))
        return list(takewhile(lambda event_id: event_id in gone, event_ids))


@breaks(EventContract.test_many_ids_can_be_asked_about, "events")
class AbsentHasFewParameters(InProcessEvents):
    def absent(self, event_ids, *, scope):
        if len(event_ids) > 32_766:
            raise StorageError("too many SQL variables")
        return super().absent(event_ids, scope=scope)


@breaks(EventContract.test_an_event_knows_its_turn, "events")
class EveryTurnIsTheFirst(InProcessEvents):
    def turn_of(self, event_id, *, scope):
        return 1 if super().turn_of(event_id, scope=scope) else 0


@breaks(EventContract.test_the_last_event_is_the_one_that_happened_last, "events")
class LastIsWhatCameInLast(InProcessEvents):
    def last(self, session_id, *, scope):
        events = self._of_session(session_id, scope)
        return (events[-1], self._state.turns[events[-1].id]) if events else None


@breaks(EventContract.test_the_latest_turn_is_that_of_what_happened_last, "events")
class LatestIgnoresTheMoment(InProcessEvents):
    def latest(self, session_id, *, scope, until=None):
        del until
        return super().latest(session_id, scope=scope)


@breaks(EventContract.test_the_greatest_turn_is_told, "events")
class TurnsAreCounted(InProcessEvents):
    def turns(self, session_id, *, scope):
        events = self._of_session(session_id, scope)
        return len({self._state.turns[event.id] for event in events})


@breaks(
    EventContract.test_the_turn_before_an_event_is_that_of_what_came_before, "events"
)
class TheTurnBeforeHasTheNumberBefore(InProcessEvents):
    def turn_before(self, event_id, *, scope):
        found = super().turn_before(event_id, scope=scope)
        return found and self.turn_of(event_id, scope=scope) - 1


@breaks(EventContract.test_events_are_told_by_their_names, "events")
class NamesComeAsTheyCameIn(InProcessEvents):
    def names(self, session_id, *, scope):
        names = {one.id: one for one in super().names(session_id, scope=scope)}
        return [names[event.id] for event in self._of_session(session_id, scope)]


@breaks(EventContract.test_a_turn_has_its_own_events, "events")
class NoTurnIsAllTurns(InProcessEvents):
    def of_turn(self, session_id, turn, *, scope):
        found = super().of_turn(session_id, turn, scope=scope)
        return found or self._of_session(session_id, scope)


@breaks(EventContract.test_prompts_come_in_order, "events")
class PromptsComeNewestFirst(InProcessEvents):
    def prompts(self, session_id, *, scope):
        return super().prompts(session_id, scope=scope)[::-1]


@breaks(EventContract.test_an_identity_is_taken_once, "events")
class IdentitiesAreTakenTwice(InProcessEvents):
    def add(self, event, *, key, turn):
        self._state.event_ids.pop(key, None)
        super().add(event, key=key, turn=turn)


@breaks(EventContract.test_an_event_is_of_its_sessions_project, "events")
class EventsGoAstray(InProcessEvents):
    def add(self, event, *, key, turn):
        session = self._state.sessions.get(event.server_session_id)
        home = session.project_id if session else event.project_id
        super().add(event.changed(project_id=home), key=key, turn=turn)
        self._state.events[event.id] = event


@breaks(EventContract.test_a_new_event_is_kept_whole, "events")
class EventsLoseTheObserversSession(InProcessEvents):
    def add(self, event, *, key, turn):
        less = event.changed(memory_session_id=None)
        super().add(less, key=key, turn=turn)


@breaks(EventContract.test_old_events_are_had_of_every_team, "events")
class NewEventsAreOldToo(InProcessEvents):
    def aged(self, *, before, after, limit):
        return super().aged(before=before + 1, after=after, limit=limit)


@breaks(EventContract.test_events_come_page_by_page, "events")
class PagesBeginWhereTheLastEnded(InProcessEvents):
    def page(self, project_id, *, scope, after, limit):
        events = super().page(project_id, scope=scope, after=None, limit=10**6)
        ids = [event.id for event in events]
        start = ids.index(after) if after in ids else 0
        return events[start : start + limit]


@breaks(EventContract.test_an_event_is_replaced_in_its_turn, "events")
class ReplacedEventsKeepTheirOldIdentity(InProcessEvents):
    def replace(self, event, *, key=None):
        ids = dict(self._state.event_ids)
        super().replace(event, key=key)
        self._state.event_ids = {**self._state.event_ids, **ids}
