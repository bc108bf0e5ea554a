# SPDX-License-Identifier: Apache-2.0
"""Memories: added by hand, read and corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue, ValidationError

from claude_mem_core.domain.access import Principal, Scope
from claude_mem_core.domain.audit import AuditDeed
from claude_mem_core.domain.by_hand import (
    Expiry,
    Hand,
    MemoryChange,
    Supersession,
    expired,
)
from claude_mem_core.domain.extraction.verify import cited_text
from claude_mem_core.domain.filters import NOW, Moment, as_known
from claude_mem_core.domain.keeping import KEEPING, Keeping
from claude_mem_core.domain.memory_item import (
    MemoryItem,
    MemoryItemDraft,
    MemoryItemPatch,
    MemoryKind,
    MemorySource,
    MemorySourceDraft,
)
from claude_mem_core.domain.memory_request import (
    Evidence,
    FoundMemories,
    MemoryRequest,
)
from claude_mem_core.domain.supersession import is_worded_by_hand
from claude_mem_core.errors import InvalidInputError, NotFoundError
from claude_mem_core.ports.storage import Snapshot, Storage, Transaction
from claude_mem_core.ports.system import System
from claude_mem_core.services.audited import Audited
from claude_mem_core.services.borders import require_kept, require_project
from claude_mem_core.services.cleaning import cleaned
from claude_mem_core.services.servings import Servings
from claude_mem_core.services.succession import reinstate, supersede
from claude_mem_core.services.uses import Uses


class Memories:
    """The memories of the caller's projects."""

    def __init__(
        self,
        storage: Storage,
        audited: Audited,
        uses: Uses,
        servings: Servings,
        keeping: Keeping = KEEPING,
    ) -> None:
        self._storage = storage
        self._system = audited.system
        self._audited = audited
        self._keeping = keeping
        self._uses = uses
        self._servings = servings

    def add(self, draft: MemoryItemDraft, *, by: Principal) -> MemoryItem:
        """The new memory, findable at once.

        Without sources of its own it counts as written by hand. An event that it
        cites must exist in its project.
        """
        draft = cleaned(draft, self._keeping)
        with self._storage.begin() as tx:
            project = require_project(tx, draft.project_id, by=by)
            require_kept(project, self._keeping)
            scope = Scope(by.team_id, draft.project_id)
            if draft.server_session_id is not None:
                tx.sessions.get(draft.server_session_id, scope=scope)
            _require_events(tx, draft.sources, scope=scope)
            now = self._system.now()
            item = remembered(draft, system=self._system, created=now)
            tx.memories.add(item)
            self._record(tx, "memory.write", item, by=by)
        return item

    def get(
        self,
        item_id: str,
        *,
        by: Principal,
        moment: Moment = NOW,
        request_id: str | None = None,
    ) -> MemoryItem:
        """The memory with this id, with its sources, as it was known at a moment."""
        try:
            request = MemoryRequest(ids=(item_id,), **dict(moment))
        except ValidationError:
            # What cannot be an id is nobody's.
            raise NotFoundError("memory", item_id) from None
        found = self._found(request, by=by).memories
        if not found:
            raise NotFoundError("memory", item_id)
        self._servings.note("memory.read", found, by=by, request_id=request_id)
        return found[0]

    def get_many(
        self, request: MemoryRequest, *, by: Principal, request_id: str | None = None
    ) -> FoundMemories:
        """The memories with these ids in their order, and the ids of the others."""
        found = self._found(request, by=by)
        self._servings.note(
            "memory.read_many", found.memories, by=by, request_id=request_id
        )
        return found

    def _found(self, request: MemoryRequest, *, by: Principal) -> FoundMemories:
        ids = tuple(dict.fromkeys(request.ids))
        with self._storage.read() as snapshot:
            items = snapshot.memories.get_many(ids, scope=by.scope)
            shown = [as_known(one, request) for one in items if request.shows(one)]
            evidence = (
                [_evidence(snapshot, one, by=by) for one in shown]
                if request.evidence
                else []
            )
        self._uses.read(shown, by=by)
        there = {one.id for one in shown}
        return FoundMemories(
            memories=tuple(shown),
            evidence=tuple(evidence),
            missing=tuple(one for one in ids if one not in there),
        )

    def count(self, project_id: str, *, by: Principal) -> Mapping[MemoryKind, int]:
        """How many memories of each kind the project holds, no kind without any."""
        with self._storage.read() as snapshot:
            require_project(snapshot, project_id, by=by)
            return snapshot.memories.count(project_id, scope=by.scope)

    def update(
        self, item_id: str, patch: MemoryItemPatch, *, by: Principal
    ) -> MemoryItem:
        """The memory with the fields that `patch` names put in place of the old.

        The hand that corrected it becomes one of its sources: no generator writes
        over it from then on.
        """
        patch = cleaned(patch, self._keeping)
        with self._storage.begin() as tx:
            item = tx.memories.get(item_id, scope=by.scope)
            if patch.project_id not in (None, item.project_id):
                raise InvalidInputError.of(
                    "projectId",
                    "a memory stays in its project",
                    "leave it out, or add the memory to the other project",
                )
            item = _patched(item, patch, self._hand())
            tx.memories.replace(item)
            self._record(tx, "memory.update", item, by=by)
        return item

    def supersede(
        self, item_id: str, told: Supersession, *, by: Principal
    ) -> MemoryChange:
        """The memory when another one of its project took its place, or none did.

        Said again it changes nothing. Of both memories whoever said so is a source.

        Raises:
            ConflictError: Another one took its place already, or it took the place
                of that which is to take its own.
        """
        hand = self._hand()
        with self._storage.begin() as tx:
            old = tx.memories.get(item_id, scope=by.scope)
            if told.superseded_by_id == old.superseded_by_id:
                return MemoryChange(memory=old, unchanged=True)
            if told.superseded_by_id is None:
                old = reinstate(tx, old, hand, scope=by.scope)
                action = "memory.reinstate"
            else:
                new = tx.memories.get(told.superseded_by_id, scope=by.scope)
                old = supersede(tx, old, new, hand, scope=by.scope)
                action = "memory.supersede"
            self._record(tx, action, old, by=by, successor=told.superseded_by_id)
        return MemoryChange(memory=old)

    def expire(self, item_id: str, told: Expiry, *, by: Principal) -> MemoryChange:
        """The memory when it holds until now, or a moment, or as long as it did before.

        Said again it changes nothing, and what has expired does not expire again now.
        """
        told, hand = cleaned(told, self._keeping), self._hand()
        with self._storage.begin() as tx:
            item = tx.memories.get(item_id, scope=by.scope)
            after = expired(item, told, hand)
            if after is item:
                return MemoryChange(memory=item, unchanged=True)
            tx.memories.replace(after)
            end = after.valid_to_epoch
            self._record(tx, "memory.expire", after, by=by, until=end)
        return MemoryChange(memory=after)

    def _hand(self) -> Hand:
        return Hand(self._system.new_id, self._system.now())

    def _record(
        self,
        tx: Transaction,
        action: str,
        item: MemoryItem,
        *,
        by: Principal,
        **told: JsonValue,
    ) -> None:
        deed = AuditDeed(
            action=action,
            project_id=item.project_id,
            target_type="memory_item",
            target_id=item.id,
            metadata=told,
        )
        self._audited.record(tx, deed, by=by)


def _evidence(
    snapshot: Snapshot, item: MemoryItem, *, by: Principal
) -> tuple[Evidence, ...]:
    """The words at each place that a memory cites, while its event has them."""
    cited = {source.event_id for source in item.sources if source.event_id}
    absent = snapshot.events.absent(sorted(cited), scope=by.scope)
    there = cited.difference(absent)
    events = {one: snapshot.events.get(one, scope=by.scope) for one in sorted(there)}
    return tuple(
        Evidence(
            source_id=source.id,
            event_id=source.event_id,
            text=cited_text(source, events),
        )
        for source in item.sources
    )


def remembered(draft: MemoryItemDraft, *, system: System, created: int) -> MemoryItem:
    """The memory made from `draft`, with ids for itself and its sources."""
    item_id, now = system.new_id(), system.now()
    drafts = draft.sources or (MemorySourceDraft(source_type="manual"),)
    sources = tuple(
        MemorySource(
            **dict(source),
            id=system.new_id(),
            memory_item_id=item_id,
            created_at_epoch=now,
        )
        for source in drafts
    )
    fields = {**dict(draft), "sources": sources}
    return MemoryItem(
        **fields, id=item_id, created_at_epoch=created, updated_at_epoch=now
    )


def _patched(item: MemoryItem, patch: MemoryItemPatch, hand: Hand) -> MemoryItem:
    nothing = [name for name, value in patch.changes.items() if value is None]
    listed = {"type", "facts", "concepts", "files_read", "files_modified", "metadata"}
    for name in listed.intersection(nothing):
        raise InvalidInputError.of(name, "it is null", "send a value or leave it out")
    sources = _with_hand(item, hand)
    changed = item.changed(**patch.changes, sources=sources, updated_at_epoch=hand.now)
    if not changed.is_searchable:
        raise InvalidInputError.of(
            "body", "nothing to search for would be left", "keep at least one text"
        )
    return changed


def _with_hand(item: MemoryItem, hand: Hand) -> tuple[MemorySource, ...]:
    if is_worded_by_hand(item):
        return item.sources
    return (*item.sources, hand.source(item))


def _require_events(
    tx: Transaction, sources: Sequence[MemorySourceDraft], *, scope: Scope
) -> None:
    cited = [source.event_id for source in sources if source.event_id is not None]
    absent = tx.events.absent(cited, scope=scope)
    if absent:
        raise InvalidInputError.of(
            "sources.eventId",
            f"the project has no event {absent[0]!r}",
            "cite events of the memory's own project",
        )
