# SPDX-License-Identifier: Apache-2.0
"""What the caller's team used this month."""

from __future__ import annotations

from claude_mem_core.domain.value import JsonObject
from claude_mem_core.services.usage import Usage

from claude_mem_http_falcon.exchange import Request, Response, show


class UsageResource:
    """`/v1/usage`: the counts of this month."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage

    def on_get(self, req: Request, resp: Response) -> None:
        """Show them."""
        report = self._usage.report(by=req.caller)
        used: JsonObject = {**report.usage}
        show(resp, since=report.since, usage=used)
