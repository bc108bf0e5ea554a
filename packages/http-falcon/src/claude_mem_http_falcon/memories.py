# SPDX-License-Identifier: Apache-2.0
"""`/v1/memories`."""

from __future__ import annotations

from collections.abc import Sequence

from claude_mem_core.domain.by_hand import Expiry, Supersession
from claude_mem_core.domain.filters import Moment
from claude_mem_core.domain.memory_item import MemoryItemDraft, MemoryItemPatch
from claude_mem_core.domain.memory_request import MemoryRequest
from claude_mem_core.services.memories import Memories
from pydantic import JsonValue

from claude_mem_http_falcon.exchange import Request, Response, show
from claude_mem_http_falcon.parameters import asked


class MemoriesResource:
    """Where memories are written by hand."""

    def __init__(self, memories: Memories) -> None:
        self._memories = memories

    def on_post(self, req: Request, resp: Response) -> None:
        """Keep one."""
        draft = MemoryItemDraft.from_wire(req.document)
        show(resp, 201, memory=self._memories.add(draft, by=req.caller))


class MemoryResource:
    """One memory."""

    def __init__(self, memories: Memories) -> None:
        self._memories = memories

    def on_get(self, req: Request, resp: Response, memory_id: str) -> None:
        """Show it, as it was known at the moment that the address names."""
        moment = Moment.from_wire(asked(req))
        item = self._memories.get(
            memory_id, by=req.caller, moment=moment, request_id=req.request_id
        )
        show(resp, memory=item)

    def on_patch(self, req: Request, resp: Response, memory_id: str) -> None:
        """Put the fields that are named in place of the old."""
        patch = MemoryItemPatch.from_wire(req.document)
        show(resp, memory=self._memories.update(memory_id, patch, by=req.caller))


class SupersedeResource:
    """Where it is said which memory took another's place."""

    def __init__(self, memories: Memories) -> None:
        self._memories = memories

    def on_post(self, req: Request, resp: Response, memory_id: str) -> None:
        """Take it down, or take it back."""
        told = Supersession.from_wire(req.document)
        change = self._memories.supersede(memory_id, told, by=req.caller)
        show(resp, memory=change.memory, unchanged=change.unchanged)


class ExpireResource:
    """Where it is said until when a memory holds."""

    def __init__(self, memories: Memories) -> None:
        self._memories = memories

    def on_post(self, req: Request, resp: Response, memory_id: str) -> None:
        """Take it down, or take it back."""
        told = Expiry.from_wire(req.document)
        change = self._memories.expire(memory_id, told, by=req.caller)
        show(resp, memory=change.memory, unchanged=change.unchanged)


class MemoriesGetResource:
    """Where memories are had by their ids."""

    def __init__(self, memories: Memories) -> None:
        self._memories = memories

    def on_post(self, req: Request, resp: Response) -> None:
        """Show them in their order, and the ids that are none."""
        request = MemoryRequest.from_wire(req.document)
        found = self._memories.get_many(
            request, by=req.caller, request_id=req.request_id
        )
        evidence: Sequence[JsonValue] = [
            [one.to_wire() for one in told] for told in found.evidence
        ]
        parts = {"evidence": evidence} if request.evidence else {}
        missing = list(found.missing)
        show(resp, memories=list(found.memories), missing=missing, **parts)
