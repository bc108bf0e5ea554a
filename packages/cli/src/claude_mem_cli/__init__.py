# SPDX-License-Identifier: Apache-2.0
"""The `claude-mem` command.

Nothing is imported here: a command pays only for what it uses.
"""

from __future__ import annotations
