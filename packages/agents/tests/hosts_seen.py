# SPDX-License-Identifier: Apache-2.0
"""The payloads that each host was seen to send, or is documented to send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from claude_mem_agents.hosts import HOSTS
from claude_mem_agents.vocabulary import TableVocabulary

NOW = 1_700_000_000_000
GOLDEN = Path(__file__).with_name("golden")
NAMES = [host.name for host in HOSTS]
VOCABULARIES = {host.name: TableVocabulary(host) for host in HOSTS}


def golden(name: str) -> list[dict[str, Any]]:
    """Rows of `hook`, `payload`, the `event` without its payload, and what is `added`."""
    lines = (GOLDEN / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def payloads(name: str) -> dict[str, dict[str, Any]]:
    """One payload for each event of a host that has a word of ours."""
    known = VOCABULARIES[name].host.hooks
    rows = {row["hook"]: row["payload"] for row in reversed(golden(name))}
    return {hook: rows[hook] for hook in known if hook in rows}
