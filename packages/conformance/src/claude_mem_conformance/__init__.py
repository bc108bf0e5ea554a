# SPDX-License-Identifier: Apache-2.0
"""The contract kit that every adapter passes."""

from __future__ import annotations
