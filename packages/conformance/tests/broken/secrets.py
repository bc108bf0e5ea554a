# SPDX-License-Identifier: Apache-2.0
"""Detectors of secrets that each break one promise."""

from __future__ import annotations

import re

from claude_mem_conformance.secrets import SecretDetectorContract
from claude_mem_core.ports.secrets import SecretDetector

from broken.registry import breaks


class Sound(SecretDetector):
    """A detector that keeps every promise."""

    name = "acme-token"
    words = ("acme_",)
    examples = ("acme_0123456789",)
    shape = re.compile(r"acme_\d{10}")

    def find(self, text):
        return [found.span() for found in self.shape.finditer(text)]


@breaks(SecretDetectorContract.test_it_has_a_name_for_its_mark, "detector")
class IsNamedForPeople(Sound):
    name = "Acme's token"


@breaks(SecretDetectorContract.test_without_its_words_it_finds_nothing, "detector")
class FindsMoreThanItSays(Sound):
    shape = re.compile(r"(?:acme_)?\d{10}")


@breaks(SecretDetectorContract.test_each_example_is_found_whole, "detector")
class FindsItAloneOnly(Sound):
    shape = re.compile(r"(?<![\"\n])acme_\d{10}")


@breaks(SecretDetectorContract.test_places_lie_within_the_text, "detector")
class FindsOneOnly(Sound):
    def find(self, text):
        return super().find(text)[:1]


@breaks(SecretDetectorContract.test_it_finds_nothing_in_a_mark, "detector")
class FindsItsOwnMark(Sound):
    words = ("acme",)
    shape = re.compile(r"acme_\d{10}|acme-token")
