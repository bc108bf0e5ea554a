# SPDX-License-Identifier: Apache-2.0
"""Values and rules: no input, no output, no clock, no dice."""

from __future__ import annotations
