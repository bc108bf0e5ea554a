# SPDX-License-Identifier: Apache-2.0
"""The subcommands, one module each; `claude_mem_cli.main` names them."""

from __future__ import annotations
