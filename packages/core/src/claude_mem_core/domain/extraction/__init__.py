# SPDX-License-Identifier: Apache-2.0
"""Memories from events by rules alone: nothing is made up, all of it was said or seen.

`evidence` reads what happened in a turn, `observation` writes down what is worth
keeping of it, `summary` does so for a whole session; `prose` and `tools` read the
agent's markdown and its tool calls for them.
"""

from __future__ import annotations
