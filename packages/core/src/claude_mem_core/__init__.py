# SPDX-License-Identifier: Apache-2.0
"""A memory for AI agents, as a library."""

from __future__ import annotations
