# SPDX-License-Identifier: Apache-2.0
"""`python -m claude_mem_cli.hook`: the hook command, wherever its script is."""

from __future__ import annotations

from claude_mem_cli.hook.main import main

if __name__ == "__main__":
    main()
