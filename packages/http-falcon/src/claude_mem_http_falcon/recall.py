# SPDX-License-Identifier: Apache-2.0
"""`/v1/search`."""

from __future__ import annotations

from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.services.recall import Recall

from claude_mem_http_falcon.exchange import Request, Response, show


class SearchResource:
    """Where questions are asked."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall

    def on_post(self, req: Request, resp: Response) -> None:
        """The memories that fit, best first, and parallel to them how well."""
        query = SearchQuery.from_wire(req.document)
        hits = self._recall.search(query, by=req.caller).hits
        show(
            resp,
            memories=[hit.item for hit in hits],
            scores=[hit.score for hit in hits],
        )
