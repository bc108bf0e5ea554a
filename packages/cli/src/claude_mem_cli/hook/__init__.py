# SPDX-License-Identifier: Apache-2.0
"""The command that an agent runs at each of its hooks: `claude-mem-hook`.

It is started hundreds of times a day and waited for, so it imports the standard
library alone, and of that only what is quick to load: `typing`, `json` and `socket`
each cost more than all that an event needs. What only a session's start needs, or an
event without a server, is imported there. Type checkers know `TYPE_CHECKING` by name.
"""

from __future__ import annotations
