# SPDX-License-Identifier: Apache-2.0
"""Sessions that each break one promise."""

from __future__ import annotations

from claude_mem_conformance.sessions import SessionContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.errors import NotFoundError
from claude_mem_core.reference.projects import page_of
from claude_mem_core.reference.sessions import InProcessSessions

from broken.registry import breaks


@breaks(SessionContract.test_outside_the_scope_there_is_no_session, "sessions")
class GetForgetsTheProjectLimit(InProcessSessions):
    def get(self, session_id, *, scope):
        return super().get(session_id, scope=Scope(scope.team_id))


@breaks(SessionContract.test_a_key_finds_its_platform_only, "sessions")
class NullMeansAnyPlatform(InProcessSessions):
    def find(self, key, *, scope):
        any_platform = key.any_platform or key.platform_source is None
        return super().find(key.changed(any_platform=any_platform), scope=scope)


@breaks(SessionContract.test_a_session_is_had_by_its_id, "sessions")
class LimitedKeysGetNoSession(InProcessSessions):
    def get(self, session_id, *, scope):
        if scope.project_id:
            raise NotFoundError("session", session_id)
        return super().get(session_id, scope=scope)


@breaks(
    SessionContract.test_a_session_is_found_by_its_name_and_the_newest_counts,
    "sessions",
)
class SessionsHideTheirOuterNames(InProcessSessions):
    def find(self, key, *, scope):
        found = super().find(key, scope=scope)
        return None if found and found.external_session_id else found


@breaks(SessionContract.test_coverage_is_added_up, "sessions")
class OldCoverageCountsToo(InProcessSessions):
    def covered(self, *, since):
        return super().covered(since=min(since, 1) or since)


@breaks(SessionContract.test_a_session_has_a_project, "sessions")
class SessionsOfNothing(InProcessSessions):
    def add(self, session):
        try:
            super().add(session)
        except NotFoundError:
            self._state.sessions[session.id] = session


@breaks(SessionContract.test_a_name_is_taken_once_on_each_platform, "sessions")
class NullsAreAllDifferent(InProcessSessions):
    def _require_free_name(self, session):
        if session.platform_source is not None:
            super()._require_free_name(session)


@breaks(SessionContract.test_a_session_cannot_take_a_name_later, "sessions")
class NamesAreFreeLater(InProcessSessions):
    def _require_free_name(self, session):
        if session.id not in self._state.sessions:
            super()._require_free_name(session)


@breaks(SessionContract.test_a_session_with_records_stays, "sessions")
class MemoriesDoNotHoldASession(InProcessSessions):
    def _has_children(self, session_id):
        return session_id in self._state.session_events


@breaks(SessionContract.test_the_sessions_that_began_last_come_first, "sessions")
class WhatWasPutInLastCameLast(InProcessSessions):
    def latest(self, *, scope, project_id, after, limit):
        every = super().latest(
            scope=scope, project_id=project_id, after=None, limit=1_000
        )
        every.sort(key=lambda one: list(self._state.sessions).index(one.id))
        return page_of(every[::-1], after, limit)


@breaks(SessionContract.test_of_one_moment_what_was_put_in_last_comes_first, "sessions")
class OfOneMomentTheIdsDecide(InProcessSessions):
    def latest(self, *, scope, project_id, after, limit):
        every = super().latest(
            scope=scope, project_id=project_id, after=None, limit=1_000
        )
        every.sort(key=lambda one: (one.started_at_epoch, one.id), reverse=True)
        return page_of(every, after, limit)


@breaks(SessionContract.test_the_latest_sessions_are_those_within_the_scope, "sessions")
class LatestForgetsTheProjectLimit(InProcessSessions):
    def latest(self, *, scope, project_id, after, limit):
        return super().latest(
            scope=Scope(scope.team_id), project_id=project_id, after=after, limit=limit
        )


@breaks(SessionContract.test_what_is_kept_of_sessions_is_counted, "sessions")
class TalliesComeInAnOrderOfTheirOwn(InProcessSessions):
    def tallies(self, session_ids, *, scope):
        return super().tallies(sorted(session_ids), scope=scope)


@breaks(SessionContract.test_nothing_is_counted_outside_the_scope, "sessions")
class TalliesLookIntoEverySession(InProcessSessions):
    def _is_ours(self, session_id, _scope):
        return session_id in self._state.sessions


@breaks(SessionContract.test_a_new_session_is_kept_whole, "sessions")
class SessionsLoseMetadata(InProcessSessions):
    def add(self, session):
        super().add(session.changed(metadata={}))


@breaks(SessionContract.test_a_session_is_replaced_by_its_id, "sessions")
class SessionsAreReplacedByNothing(InProcessSessions):
    def replace(self, session):
        self._state.sessions.setdefault(session.id, session)
        super().replace(session)


@breaks(SessionContract.test_a_projects_sessions_come_page_by_page, "sessions")
class APageBeginsWithTheLastOfThePageBefore(InProcessSessions):
    def page(self, project_id, *, scope, after, limit):
        every = super().page(project_id, scope=scope, after=None, limit=1_000)
        ids = [one.id for one in every]
        start = ids.index(after) if after in ids else 0
        return every[start : start + limit]
