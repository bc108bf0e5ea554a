# SPDX-License-Identifier: Apache-2.0
"""`/v1/context`, and whether what was told was of use."""

from __future__ import annotations

from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.feedback import Feedback
from claude_mem_core.services.context import ContextPacks

from claude_mem_http_falcon.exchange import Request, Response, show


class ContextResource:
    """Where a session learns what to know beforehand."""

    def __init__(self, packs: ContextPacks) -> None:
        self._packs = packs

    def on_post(self, req: Request, resp: Response) -> None:
        """The most useful memories that fit, and the text made from them."""
        query = ContextQuery.from_wire(req.document)
        pack = self._packs.pack(query, by=req.caller, request_id=req.request_id)
        told = {"explanation": list(pack.explanation)} if query.explain else {}
        show(
            resp,
            packId=pack.id,
            memories=list(pack.items),
            context=pack.context,
            tokenBudget=pack.token_budget,
            characterBudget=pack.character_budget,
            tokens=pack.tokens,
            characters=len(pack.context),
            generatedAtEpoch=pack.generated_at_epoch,
            **told,
        )


class PackResource:
    """What was told before."""

    def __init__(self, packs: ContextPacks) -> None:
        self._packs = packs

    def on_get(self, req: Request, resp: Response, pack_id: str) -> None:
        """Show the receipt."""
        show(resp, receipt=self._packs.get(pack_id, by=req.caller))


class FeedbackResource:
    """Where it is said whether a memory was of use."""

    def __init__(self, packs: ContextPacks) -> None:
        self._packs = packs

    def on_post(self, req: Request, resp: Response, memory_id: str) -> None:
        """Take it down."""
        told = Feedback.from_wire(req.document)
        value = self._packs.judge(memory_id, told, by=req.caller)
        show(resp, memoryId=memory_id, feedback=value)
