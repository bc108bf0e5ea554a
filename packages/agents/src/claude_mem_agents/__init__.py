# SPDX-License-Identifier: Apache-2.0
"""The vocabularies of coding agents, read into events."""

from __future__ import annotations
