# SPDX-License-Identifier: Apache-2.0
"""The home of the MCP adapter, which is not written yet."""

from __future__ import annotations
