# SPDX-License-Identifier: Apache-2.0
"""Reading the files in which agents write their sessions down."""

from __future__ import annotations
