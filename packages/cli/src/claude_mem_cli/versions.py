# SPDX-License-Identifier: Apache-2.0
"""The versions of what is installed of this project."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import distributions, version

DISTRIBUTION = "claude-mem-cli"
FAMILY = "claude-mem-"


def own_version() -> str:
    """The version of the command."""
    return version(DISTRIBUTION)


def installed_versions() -> Mapping[str, str]:
    """Every installed distribution of the project, by name."""
    ours = {
        one.name: one.version for one in distributions() if one.name.startswith(FAMILY)
    }
    return dict(sorted(ours.items()))
