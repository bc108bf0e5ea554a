# SPDX-License-Identifier: Apache-2.0
"""Whether what was told was of use: from what became of it to one number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from claude_mem_core.domain.value import Epoch, Id, Value

UseKind = Literal["useful", "not_useful", "fetched", "touched"]

WEIGHTS: Mapping[UseKind, float] = {
    "useful": 3.0,
    "not_useful": -3.0,
    "fetched": 1.0,
    "touched": 0.5,
}
"""A user's word counts for more than a trace: a memory is also fetched in vain."""

OUTDATED = -2.0
"""What it says of a memory that another took its place after it was told."""

DOUBT = 4.0
"""How much has to be seen before a value is half way to its bound."""


class MemoryUse(Value):
    """That a memory was of use, or was not.

    Attributes:
        kind: A user's word, that it was fetched after it was told, or that a file of
            it was touched by the session that was told.
    """

    id: Id
    memory_item_id: Id
    server_session_id: Id | None = None
    kind: UseKind
    created_at_epoch: Epoch


class Feedback(Value):
    """An answer to whether a memory was of use."""

    useful: bool = Field(strict=True)


def feedback_value(
    uses: Mapping[UseKind, int], *, told: int = 0, is_outdated: bool = False
) -> float:
    """How useful a memory was, above -1 and below 1; 0 where nothing is known.

    It is the sum of the evidence over its amount and a doubt, so that one answer moves
    it a little and no number of answers takes it over a bound. To have been told is no
    evidence: else the telling would change what the next pack tells.

    Args:
        uses: How often each thing was seen.
        told: How often it was in a pack.
        is_outdated: Whether another memory has taken its place.
    """
    seen = [WEIGHTS[kind] * number for kind, number in uses.items()]
    if is_outdated and told:
        seen.append(OUTDATED)
    amount = sum(map(abs, seen))
    return sum(seen) / (amount + DOUBT)
