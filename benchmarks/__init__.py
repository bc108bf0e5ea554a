# SPDX-License-Identifier: Apache-2.0
"""What the product costs, as ratios against a physical limit or a bare peer.

Each measurement runs both sides in one process on one disk, because rates of two
runs on two days say nothing about each other.
"""

from __future__ import annotations
