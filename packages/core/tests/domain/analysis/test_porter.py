# SPDX-License-Identifier: Apache-2.0
"""English words lose their endings as Porter's paper says."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.analysis.porter import stem


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("agreed", "agre"),
        ("plastered", "plaster"),
        ("motoring", "motor"),
        ("sing", "sing"),
        ("conflated", "conflat"),
        ("hopping", "hop"),
        ("falling", "fall"),
        ("filing", "file"),
        ("happy", "happi"),
        ("sky", "sky"),
        ("relational", "relat"),
        ("conformably", "conform"),
        ("electricity", "electr"),
        ("hopefulness", "hope"),
        ("replacement", "replac"),
        ("adoption", "adopt"),
        ("probate", "probat"),
        ("rate", "rate"),
        ("controlling", "control"),
        ("sha256", "sha256"),
        ("größe", "größe"),
    ],
)
def test_a_word_has_the_stem_of_porters_paper(word: str, expected: str) -> None:
    assert stem(word) == expected
