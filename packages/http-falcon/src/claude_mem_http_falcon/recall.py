# SPDX-License-Identifier: Apache-2.0
"""`/v1/search` and `/v1/timeline`."""

from __future__ import annotations

from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.timeline import TimelineQuery
from claude_mem_core.services.recall import Recall
from pydantic import JsonValue

from claude_mem_http_falcon.exchange import Request, Response, show
from claude_mem_http_falcon.parameters import asked

FLAGS = ("includeSuperseded", "includeExpired")
"""The parameters that are `true` or `false`."""


class SearchResource:
    """Where questions are asked."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall

    def on_get(self, req: Request, resp: Response) -> None:
        """The same as a POST of what the address says."""
        told = asked(req, numbers=("limit",), flags=(*FLAGS, "explain"))
        self._answer(SearchQuery.from_wire(told), req, resp)

    def on_post(self, req: Request, resp: Response) -> None:
        """The memories that fit, best first, and parallel to them how well and why."""
        self._answer(SearchQuery.from_wire(req.document), req, resp)

    def _answer(self, query: SearchQuery, req: Request, resp: Response) -> None:
        result = self._recall.search(query, by=req.caller, request_id=req.request_id)
        told: dict[str, JsonValue] = {
            "scores": [hit.score for hit in result.hits],
            "confidence": result.confidence,
        }
        if query.explain:
            told["explanation"] = [{**hit.parts} for hit in result.hits]
        if query.view == "index":
            show(resp, index=list(result.index), **told)
            return
        show(
            resp,
            memories=[hit.item for hit in result.hits],
            why=[hit.why for hit in result.hits],
            **told,
        )


class TimelineResource:
    """Where surroundings in time are asked for."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall

    def on_get(self, req: Request, resp: Response) -> None:
        """The same as a POST of what the address says."""
        told = asked(req, numbers=("depthBefore", "depthAfter"), flags=FLAGS)
        self._answer(TimelineQuery.from_wire(told), req, resp)

    def on_post(self, req: Request, resp: Response) -> None:
        """What stands around an anchor, oldest first."""
        self._answer(TimelineQuery.from_wire(req.document), req, resp)

    def _answer(self, query: TimelineQuery, req: Request, resp: Response) -> None:
        line = self._recall.timeline(query, by=req.caller, request_id=req.request_id)
        anchor = {"anchorId": line.anchor_id, "anchorEpoch": line.anchor_epoch}
        if query.view == "index":
            show(resp, **anchor, index=list(line.index))
        else:
            show(resp, **anchor, memories=list(line.items))
