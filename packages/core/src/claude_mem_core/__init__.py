# SPDX-License-Identifier: Apache-2.0
"""A memory for AI agents, as a library; `claude_mem_core.api` is where to begin.

Nothing is imported here, so that a hook or a command pays only for what it uses.
"""

from __future__ import annotations
