# SPDX-License-Identifier: Apache-2.0
"""The queue engine on RQ and Redis or Valkey."""

from __future__ import annotations
