# SPDX-License-Identifier: Apache-2.0
"""How one part of an installation is."""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["ok", "warning", "fault"]


class Finding(NamedTuple):
    """How one thing is.

    Attributes:
        what: The thing.
        told: How it is, and why.
        cure: What to do; empty where nothing is to be done.
    """

    level: Level
    what: str
    told: str
    cure: str = ""
