# SPDX-License-Identifier: Apache-2.0
"""How much is kept of what agents did, in words."""

from __future__ import annotations

from claude_mem_core.domain.coverage import CoverageTotals

from claude_mem_cli import screen


def coverage_line(told: CoverageTotals) -> str:
    """The coverage of sessions, as one line for a person."""
    kept = told.seen - told.missing
    part = f"{100 * told.ratio:.2f}".rstrip("0").rstrip(".")
    late = f", {told.filled} from transcripts" if told.filled else ""
    of = screen.amount(told.sessions, "session")
    return f"Kept: {kept} of {told.seen} prompts and calls ({part} %){late}; {of}."
