# SPDX-License-Identifier: Apache-2.0
"""`claude-mem-mcp`: the memory's tools over standard input and output."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

from claude_mem_core.errors import ClaudeMemError, ConfigurationError

FAILED, CONFIGURATION = 69, 78


def main() -> NoReturn:
    """Serve until standard input ends; an error is one line on standard error."""
    # What is imported stays: to look for garbage in it takes a tenth of the start.
    gc.disable()
    from claude_mem_mcp_adapter.settings import McpSettings
    from claude_mem_mcp_adapter.stdio import serve

    try:
        serve(os.environ, McpSettings.from_env(os.environ))
    except KeyboardInterrupt:
        sys.exit(130)
    except ClaudeMemError as error:
        sys.stderr.write(f"Error: {error} ({error.code})\n")
        is_setting = isinstance(error, ConfigurationError)
        sys.exit(CONFIGURATION if is_setting else FAILED)
    sys.exit(0)


if __name__ == "__main__":
    main()
