# SPDX-License-Identifier: Apache-2.0
"""What pytest learns from the kit: the marker that ties a test to a promise."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Make ``@pytest.mark.promise`` known, so that strict markers accept it."""
    config.addinivalue_line(
        "markers",
        "promise(text): the promise of a port that this test holds an adapter to",
    )
