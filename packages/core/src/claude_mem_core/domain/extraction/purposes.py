# SPDX-License-Identifier: Apache-2.0
"""What a command is for."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """What a command is for, as one would tell somebody else."""

    TEST = "Run the tests"
    LINT = "Lint"
    TYPES = "Check the types"
    BUILD = "Build"
    DEPLOY = "Deploy"
    MIGRATE = "Migrate"
    INSTALL = "Install"
    RUN = "Run"
