# SPDX-License-Identifier: Apache-2.0
"""What this distribution offers to the plugin host."""

from __future__ import annotations

from collections.abc import Iterable

from claude_mem_core.front_end import FrontEnd
from claude_mem_core.plugins import Adapter, Wiring, hookimpl

from claude_mem_http_falcon.settings import HttpSettings


@hookimpl
def claude_mem_front_ends() -> Iterable[Adapter[FrontEnd]]:
    """Offer the REST API."""
    return [Adapter("http", HttpSettings, _open)]


def _open(settings: HttpSettings, wiring: Wiring) -> FrontEnd:
    # Falcon and waitress take a sixth of a second to import: only a server pays it.
    from claude_mem_http_falcon.server import HttpFrontEnd

    return HttpFrontEnd(settings, wiring.mounted)
