# SPDX-License-Identifier: Apache-2.0
"""The deeds: one class a subject, one method a deed."""

from __future__ import annotations
