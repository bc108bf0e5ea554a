# SPDX-License-Identifier: Apache-2.0
"""The offer costs nothing until it is taken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from claude_mem_core.front_end import FrontEnd
from claude_mem_core.plugins import Plugins, Wiring
from claude_mem_core.runtime import Runtime
from claude_mem_http_falcon import plugin
from claude_mem_http_falcon.settings import HttpSettings


def test_the_front_end_is_offered_as_http(runtime: Runtime) -> None:
    adapter = Plugins(plugin).front_end("http")

    wiring = Wiring(Path(), runtime.system, lambda: runtime.events._storage)
    opened: FrontEnd = adapter.open(HttpSettings(port=0), wiring)

    assert adapter.settings is HttpSettings
    opened.stop()


def test_the_offer_imports_neither_falcon_nor_waitress() -> None:
    code = (
        "import sys; from claude_mem_http_falcon import plugin; "
        "plugin.claude_mem_front_ends(); "
        "print(sorted({'falcon', 'waitress'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "[]"
