# SPDX-License-Identifier: Apache-2.0
"""Rescan: what was kept before a rule was there is looked over once more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.agent_event import AgentEvent, event_key
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.generation_job import GenerationJob, JobQuery
from claude_mem_core.domain.keeping import KEEPING, Keeping, is_withheld, withheld
from claude_mem_core.domain.memory_item import MemorySource
from claude_mem_core.domain.project import slug_of
from claude_mem_core.domain.redaction.moves import (
    edits,
    found_at,
    moved,
    secrets_in,
    without_pieces,
)
from claude_mem_core.domain.rescan import (
    STAGES,
    Place,
    RescanPage,
    RescanQuery,
    Stage,
    place_of,
)
from claude_mem_core.domain.server_session import ServerSession
from claude_mem_core.domain.value import JsonObject, Value
from claude_mem_core.errors import ConflictError
from claude_mem_core.ports.storage import Storage, Transaction
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import require_project
from claude_mem_core.services.cleaning import cleaning, cleaning_of_event

V = TypeVar("V", bound=Value)

TAIL = 8
"""Characters of an id that tell two records apart of which the names became one."""

JOBS = 200
"""Jobs that a ledger lists at once."""


class Rescan:
    """What the caller's projects hold, without what must not be kept."""

    def __init__(
        self, storage: Storage, audited: Audited, keeping: Keeping = KEEPING
    ) -> None:
        self._storage = storage
        self._system = audited.system
        self._audited = audited
        self._keeping = keeping

    def page(self, query: RescanQuery, *, by: Principal) -> RescanPage:
        """The next records, looked over.

        What was taken out stays in the store's files until the last page: with it
        they are made to hold nothing of it.
        """
        projects = self._projects(query, by=by)
        if not projects:
            return RescanPage(seen={}, rewritten={}, found={})
        first = Place(project_id=projects[0], stage=STAGES[0])
        place = place_of(query.after) if query.after else first
        look = _Look(self._keeping, dry_run=query.dry_run)
        with self._storage.begin() as tx:
            require_project(tx, place.project_id, by=by)
            page = _Page(place.project_id, place.after, query.limit)
            scope = Scope(by.team_id, place.project_id)
            after = look.over(tx, page, place.stage, scope=scope)
            self._record(tx, place, look, by=by)
        following = _following(place, after, projects)
        if following is None and not query.dry_run:
            self._storage.shed()
        return look.told(following)

    def _projects(self, query: RescanQuery, *, by: Principal) -> Sequence[str]:
        with self._storage.read() as snapshot:
            if query.project_id is not None:
                return [require_project(snapshot, query.project_id, by=by).id]
            return [one.id for one in snapshot.projects.list(scope=by.scope)]

    def _record(
        self, tx: Transaction, place: Place, look: _Look, *, by: Principal
    ) -> None:
        if look.dry_run or not look.changed:
            return
        deed = AuditDeed(
            action="privacy.redact",
            project_id=place.project_id,
            target_type="project",
            target_id=place.project_id,
            metadata={"changed": dict(look.changed), "found": dict(look.found)},
        )
        self._audited.record(tx, deed, by=by)


@dataclass(frozen=True, slots=True)
class _Page:
    """Which records of a project are looked at."""

    project_id: str
    after: str | None
    limit: int

    def next_of(self, found: Sequence[Numbered]) -> str | None:
        """After which record the next page begins, None when there is none."""
        return found[-1].id if len(found) == self.limit else None


class Numbered(Protocol):
    """A record, which has an id."""

    @property
    def id(self) -> str:
        """By which it is known."""


class _OnePage(Protocol):
    def __call__(self, tx: Transaction, page: _Page, *, scope: Scope) -> str | None: ...


class _Look:
    """A look at one page, and what was seen."""

    def __init__(self, keeping: Keeping, *, dry_run: bool) -> None:
        self._keeping = keeping
        self.dry_run = dry_run
        self.seen: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.found: Counter[str] = Counter()

    def told(self, following: Place | None) -> RescanPage:
        """What the caller is told."""
        return RescanPage(
            seen=dict(self.seen),
            rewritten=dict(self.changed),
            found=dict(self.found),
            next=following.told() if following else None,
        )

    def over(
        self, tx: Transaction, page: _Page, stage: Stage, *, scope: Scope
    ) -> str | None:
        """Look at a page; where the next one of its kind begins, None when it ends."""
        looks: Mapping[Stage, _OnePage] = {
            "project": self._project,
            "sessions": self._sessions,
            "events": self._events,
            "memories": self._memories,
            "jobs": self._jobs,
        }
        return looks[stage](tx, page, scope=scope)

    def _project(self, tx: Transaction, page: _Page, *, scope: Scope) -> None:
        known = tx.projects.get(page.project_id, scope=scope)
        clean = self._cleaned(known, "project")
        if clean is known or self.dry_run:
            return
        if known.slug == slug_of(known.name):
            # Made of the name, the slug shows what the name showed.
            clean = clean.changed(slug=slug_of(clean.name))
        try:
            tx.projects.replace(clean)
        except ConflictError:
            apart = {
                "slug": clean.slug and f"{clean.slug}-{known.id[-TAIL:]}",
                "root_path": clean.root_path and f"{clean.root_path} {known.id}",
            }
            tx.projects.replace(clean.changed(**apart))

    def _sessions(self, tx: Transaction, page: _Page, *, scope: Scope) -> str | None:
        found = tx.sessions.page(
            page.project_id, scope=scope, after=page.after, limit=page.limit
        )
        for session in found:
            clean = self._cleaned(session, "sessions")
            if clean is not session and not self.dry_run:
                _put_session(tx, clean)
        return page.next_of(found)

    def _events(self, tx: Transaction, page: _Page, *, scope: Scope) -> str | None:
        found = tx.events.page(
            page.project_id, scope=scope, after=page.after, limit=page.limit
        )
        for event in found:
            self._event(tx, event, scope=scope)
        return page.next_of(found)

    def _event(self, tx: Transaction, event: AgentEvent, *, scope: Scope) -> None:
        self.seen["events"] += 1
        if is_withheld(event):
            return
        cleaned = cleaning_of_event(event, self._keeping)
        clean = cleaned.value
        if clean is event:
            return
        self.changed["events"] += 1
        self.found.update(cleaned.found)
        if self.dry_run:
            return
        self._move_sources(tx, event, clean, scope=scope)
        key = event_key(clean, team_id=scope.team_id)
        if is_withheld(clean):
            clean = clean.model_copy(update={"payload": withheld(clean.payload)})
        try:
            tx.events.replace(clean, key=key)
        except ConflictError:
            # It came in again since the rule is there: that one has the identity.
            tx.events.replace(clean)

    def _move_sources(
        self, tx: Transaction, event: AgentEvent, clean: AgentEvent, *, scope: Scope
    ) -> None:
        """Let what cites the event cite the same words where they are now.

        What it took over of a secret may be cut so short that no rule knows it.
        """
        known = secrets_in(event.payload, self._keeping.redactor)
        for item in tx.memories.citing(event.id, scope=scope):
            sources = tuple(
                self._moved(source, event, clean)
                if source.event_id == event.id
                else source
                for source in item.sources
            )
            texts = item.model_dump(mode="json", exclude={"sources"})
            clean_texts = without_pieces(texts, known)
            if sources != item.sources or clean_texts != texts:
                fields = cast("JsonObject", clean_texts)
                tx.memories.replace(item.changed(**fields, sources=sources))

    def _moved(
        self, source: MemorySource, event: AgentEvent, clean: AgentEvent
    ) -> MemorySource:
        if source.json_path is None or source.start is None or source.end is None:
            return source
        before = found_at(source.json_path, event.payload)
        after = found_at(source.json_path, clean.payload)
        if not isinstance(before, str) or not isinstance(after, str):
            return source
        if self._keeping.redactor.text(before) == after:
            done = edits(before, self._keeping.redactor)
            start, end = moved((source.start, source.end), done)
        else:
            # Its name told the secret, and all of it went.
            start, end = 0, len(after)
        return source.changed(start=start, end=end)

    def _memories(self, tx: Transaction, page: _Page, *, scope: Scope) -> str | None:
        found = tx.memories.page(
            page.project_id, scope=scope, after=page.after, limit=page.limit
        )
        for item in found:
            clean = self._cleaned(item, "memories")
            if clean is not item and not self.dry_run:
                tx.memories.replace(clean)
        return page.next_of(found)

    def _jobs(self, tx: Transaction, page: _Page, *, scope: Scope) -> str | None:
        offset = int(page.after or "0")
        asked = JobQuery(
            project_id=page.project_id, limit=min(page.limit, JOBS), offset=offset
        )
        jobs = tx.jobs.list(asked, scope=scope)
        for job in jobs:
            self._job(tx, job, scope=scope)
        return str(offset + len(jobs)) if len(jobs) == asked.limit else None

    def _job(self, tx: Transaction, job: GenerationJob, *, scope: Scope) -> None:
        self.seen["jobs"] += 1
        redactor = self._keeping.redactor
        told = [one.reason for one in tx.jobs.log(job.id, scope=scope) if one.reason]
        spans = [
            span
            for text in (*told, job.last_error or "")
            for span in redactor.secrets(text)
        ]
        if spans:
            self.changed["jobs"] += 1
            self.found.update(span.family for span in spans)
            if not self.dry_run:
                tx.jobs.retell(job.id, redactor.text, scope=scope)

    def _cleaned(self, value: V, kind: str) -> V:
        self.seen[kind] += 1
        clean = cleaning(value, self._keeping)
        if clean.value is not value:
            self.changed[kind] += 1
            self.found.update(clean.found)
        return clean.value


def _put_session(tx: Transaction, clean: ServerSession) -> None:
    try:
        tx.sessions.replace(clean)
    except ConflictError:
        apart = {
            name: known and f"{known} {clean.id}"
            for name in ("content_session_id", "external_session_id")
            for known in [getattr(clean, name)]
        }
        tx.sessions.replace(clean.changed(**apart))


def _following(
    place: Place, after: str | None, projects: Sequence[str]
) -> Place | None:
    """Where the next page begins: in the same records, the next kind, or project."""
    if after is not None:
        return place.changed(after=after)
    later = STAGES[STAGES.index(place.stage) + 1 :]
    if later:
        return Place(project_id=place.project_id, stage=later[0])
    at = projects.index(place.project_id) + 1 if place.project_id in projects else 0
    return Place(project_id=projects[at], stage=STAGES[0]) if projects[at:] else None
