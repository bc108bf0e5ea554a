# SPDX-License-Identifier: Apache-2.0
"""The command that an agent runs at each of its hooks: `claude-mem-hook`.

It is started hundreds of times a day and waited for, so it imports the standard
library alone, and of that only what is quick to load.
"""

from __future__ import annotations
