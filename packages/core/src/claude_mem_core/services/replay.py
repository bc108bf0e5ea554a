# SPDX-License-Identifier: Apache-2.0
"""Replay: past events shown to any generator again, to compare or to take over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.agent_event import Latest, TurnRole
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.keeping import KEEPING, Keeping
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.model_call import Usage
from claude_mem_core.domain.replay import (
    Difference,
    Refusal,
    ReplayPage,
    ReplayRequest,
    gists,
    is_same,
)
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.value import millis
from claude_mem_core.errors import (
    ConfigurationError,
    GeneratorError,
    InvalidInputError,
)
from claude_mem_core.ports.generator import (
    FinishedSession,
    Generation,
    ModelCallError,
    ObservationGenerator,
)
from claude_mem_core.ports.storage import Snapshot, Storage
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import require_project
from claude_mem_core.services.making import made_of, memories_of
from claude_mem_core.services.spending import write_down
from claude_mem_core.services.succession import introduced, is_corrected, keep, kept
from claude_mem_core.services.tasks import Task, to_be_told, whole_session, whole_turn

AT_ONCE = timedelta(seconds=2)
"""A page is as many sessions as were done in so long, and one at least."""

SESSIONS_AT_ONCE = 50

Generators = Callable[[str], ObservationGenerator]


@dataclass(slots=True)
class _Page:
    """What a page comes to, while it is made."""

    sessions: int = 0
    compared: int = 0
    same: int = 0
    differences: list[Difference] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A turn or a summary that is to be made again, and what is stored of it."""

    session: ServerSession
    turn: int | None
    task: Task
    before: Sequence[MemoryItem]


class Replay:
    """The past of the caller's projects, made anew."""

    def __init__(
        self,
        storage: Storage,
        generator: ObservationGenerator,
        audited: Audited,
        *,
        others: Generators,
        keeping: Keeping = KEEPING,
    ) -> None:
        self._storage = storage
        self._generator = generator
        self._system = audited.system
        self._audited = audited
        self._others = others
        self._keeping = keeping

    def regenerate(
        self, project_id: str, asked: ReplayRequest, *, by: Principal
    ) -> ReplayPage:
        """Some sessions of the project, each whole, made again by a generator.

        Without a dry run what came out otherwise takes the place of what is stored,
        turn by turn. What a person corrected stays as it is, and so does what the
        generator fails at.

        Raises:
            InvalidInputError: There is no such generator, or it is not set up.
        """
        with self._storage.read() as snapshot:
            require_project(snapshot, project_id, by=by)
            sessions = snapshot.sessions.page(
                project_id,
                scope=by.scope,
                after=asked.after,
                limit=SESSIONS_AT_ONCE + 1,
            )
        generator = self._named(asked.generator)
        page, last = _Page(), asked.after
        until = self._system.now() + millis(AT_ONCE)
        for session in sessions[:SESSIONS_AT_ONCE]:
            if page.sessions and self._system.now() >= until:
                break
            self._look(session, generator, page, asked, by=by)
            page.sessions, last = page.sessions + 1, session.id
        return ReplayPage(
            generator=generator.name,
            dry_run=asked.dry_run,
            sessions=page.sessions,
            compared=page.compared,
            same=page.same,
            differences=tuple(page.differences),
            refusals=tuple(page.refusals),
            next=last if page.sessions < len(sessions) else None,
        )

    def _named(self, name: str | None) -> ObservationGenerator:
        if name is None or name == self._generator.name:
            return self._generator
        try:
            return self._others(name)
        except ConfigurationError as error:
            cure = "name one that is installed and set up"
            raise InvalidInputError.of("generator", str(error), cure) from error

    def _look(
        self,
        session: ServerSession,
        generator: ObservationGenerator,
        page: _Page,
        asked: ReplayRequest,
        *,
        by: Principal,
    ) -> None:
        """Make each turn of a session again, and then what sums it up."""
        fresh: list[MemoryItem] = []
        for unit in self._units(session, fresh, by=by, dry_run=asked.dry_run):
            page.compared += 1
            try:
                made = self._paid(generator, unit, by=by)
            except GeneratorError as error:
                told = self._keeping.redactor.text(f"{error.kind}: {error}")
                page.refusals.append(_refusal(unit, told))
                fresh.extend(unit.before)
                continue
            after = self._items(generator, unit, made)
            fresh.extend(after)
            if is_same(_replaceable(unit.before, len(after)), after):
                page.same += 1
                continue
            page.differences.append(_difference(unit, after))
            if not asked.dry_run:
                self._take_over(unit, after, by=by)

    def _paid(
        self, generator: ObservationGenerator, unit: _Unit, *, by: Principal
    ) -> Generation:
        """What is made of a unit; a budget counts the calls of a dry run too."""
        try:
            made = made_of(generator, unit.task)
        except ModelCallError as error:
            self._write_down(error.usage, unit, by=by)
            raise
        self._write_down(made.usage, unit, by=by)
        return made

    def _write_down(
        self, usage: Sequence[Usage], unit: _Unit, *, by: Principal
    ) -> None:
        if not usage:
            return
        scope = Scope(by.team_id, unit.session.project_id)
        with self._storage.begin() as tx:
            write_down(tx, usage, scope, system=self._system)

    def _units(
        self,
        session: ServerSession,
        fresh: Sequence[MemoryItem],
        *,
        by: Principal,
        dry_run: bool,
    ) -> Iterator[_Unit]:
        """What there is to make again of a session; its summary comes last.

        Args:
            session: The session.
            fresh: What its turns have become meanwhile: a summary that is only
                compared is made of these, as those that are stored are the old ones.
            by: The caller.
            dry_run: Whether nothing of `fresh` is stored.
        """
        scope = by.scope
        with self._storage.read() as snapshot:
            newest = snapshot.events.latest(session.id, scope=scope)
            turns = snapshot.events.turns(session.id, scope=scope)
        for number in range(turns + 1 if newest else 0):
            with self._storage.read() as snapshot:
                task = whole_turn(snapshot, session, number, scope=scope)
                task = to_be_told(task, self._keeping)
                before = kept(snapshot, task.stem, scope=scope)
            is_over = _is_over(session, number, newest) or before
            if task.work is not None and is_over:
                yield _Unit(session, number, task, before)
        with self._storage.read() as snapshot:
            last = self._summed_up(snapshot, session, scope=scope)
        if last is not None:
            yield _with(last, fresh) if dry_run else last

    def _summed_up(
        self, snapshot: Snapshot, session: ServerSession, *, scope: Scope
    ) -> _Unit | None:
        task = whole_session(snapshot, session, scope=scope)
        if task is None:
            return None
        before = kept(snapshot, task.stem, scope=scope)
        if not before and session.status == "active":
            return None
        return _Unit(session, None, task, before)

    def _items(
        self, generator: ObservationGenerator, unit: _Unit, made: Generation
    ) -> Sequence[MemoryItem]:
        """What would be stored: a memory that a person corrected stays in its place."""
        items = memories_of(
            generator, unit.task, made, system=self._system, keeping=self._keeping
        )
        corrected = {
            place: one for place, one in enumerate(unit.before) if is_corrected(one)
        }
        return [corrected.get(place, one) for place, one in enumerate(items)]

    def _take_over(
        self, unit: _Unit, after: Sequence[MemoryItem], *, by: Principal
    ) -> None:
        session = unit.session
        scope = Scope(by.team_id, session.project_id)
        with self._storage.read() as snapshot:
            newcomers = introduced(snapshot, after, scope=scope)
        deed = AuditDeed(
            action="observation.regenerated",
            project_id=session.project_id,
            target_type="server_session",
            target_id=session.id,
            metadata={"turn": unit.turn, "count": len(after)},
        )
        with self._storage.begin() as tx:
            keep(tx, unit.task.stem, newcomers, scope=scope)
            self._audited.record(tx, deed, by=by)


def _is_over(session: ServerSession, number: int, newest: Latest | None) -> bool:
    if newest is None or number != newest.turn or session.status != "active":
        return True
    return newest.did is TurnRole.CLOSES


def _with(unit: _Unit, memories: Sequence[MemoryItem]) -> _Unit:
    work = unit.task.work
    if not isinstance(work, FinishedSession):
        return unit
    anew = replace(work, memories=tuple(memories))
    return replace(unit, task=replace(unit.task, work=anew))


def _replaceable(before: Sequence[MemoryItem], made: int) -> Sequence[MemoryItem]:
    """What stands to be replaced: not what a person corrected and nothing came for."""
    return [
        one for place, one in enumerate(before) if place < made or not is_corrected(one)
    ]


def _difference(unit: _Unit, after: Sequence[MemoryItem]) -> Difference:
    return Difference(
        session_id=unit.session.id,
        turn=unit.turn,
        before=gists(unit.before),
        after=gists(after),
    )


def _refusal(unit: _Unit, message: str) -> Refusal:
    return Refusal(session_id=unit.session.id, turn=unit.turn, message=message)
