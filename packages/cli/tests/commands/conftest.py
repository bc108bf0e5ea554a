# SPDX-License-Identifier: Apache-2.0
"""What the tests of several commands begin with."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["server", "here"])
def any_way(request, shell, hooks):
    """The command on a project with memories, with a server and without one."""
    shell("ingest", str(hooks), "--project", "small")
    if request.param == "server":
        shell.serve()
    return shell
