# SPDX-License-Identifier: Apache-2.0
"""The ``claude-mem`` command."""

from __future__ import annotations
