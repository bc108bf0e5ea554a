# SPDX-License-Identifier: Apache-2.0
"""`python -m claude_mem_cli`: the command, whoever owns the name `claude-mem`."""

from __future__ import annotations

from claude_mem_cli.main import main

if __name__ == "__main__":
    main()
