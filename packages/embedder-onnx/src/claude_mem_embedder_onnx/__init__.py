# SPDX-License-Identifier: Apache-2.0
"""Vectors of memories, made by a small sentence model in this process."""

from __future__ import annotations
