# SPDX-License-Identifier: Apache-2.0
"""One real server for all tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from machine import Machine
from wire import Wire


@pytest.fixture(scope="session")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """A server process, seen from a bare socket."""
    machine = Machine(tmp_path_factory.mktemp("edge") / "data")
    machine.start()
    yield Wire(machine)
    machine.end_all()
