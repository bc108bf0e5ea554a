# SPDX-License-Identifier: Apache-2.0
"""What a running server says of itself, as one flat object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from claude_mem_core.errors import AdapterError

from claude_mem_cli.server_files import ServerRecord

BOUNDARIES = ("queue", "generationWorker", "providerRegistry", "eventBroadcaster")
FACTS = ("version", "authMode", "queueDepth", "queueLanes", "recall", "coverage")
TIMEOUT = 10.0


def server_info(record: ServerRecord) -> Mapping[str, Any]:
    """Version, authentication, waiting jobs, each boundary, and what is not ready.

    Raises:
        AdapterError: The process is there, but does not answer.
    """
    try:
        told = _get(record.url, "/v1/info")
        parts = {name: told["boundaries"][name] for name in BOUNDARIES}
        facts = {name: told[name] for name in FACTS}
        issues = _get(record.url, "/readyz").get("issues", [])
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        raise AdapterError(
            f"pid {record.pid} is there, but {record.url} does not answer as a "
            f"server does ({str(error) or type(error).__name__}); look at its log"
        ) from error
    return {**facts, **parts, "issues": issues}


def _get(url: str, path: str) -> Any:  # noqa: ANN401 - JSON
    place = urlsplit(url)
    line = HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT)
    try:
        line.request("GET", path)
        return json.loads(line.getresponse().read())
    finally:
        line.close()
