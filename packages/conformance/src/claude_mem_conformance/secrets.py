# SPDX-License-Identifier: Apache-2.0

"""What a detector of secrets is held to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from claude_mem_core.domain.redaction.spans import mark
from claude_mem_core.ports.secrets import SecretDetector

from claude_mem_conformance.contract import Contract

AROUND = (("", ""), ("a ", " b"), ('{"x": "', '"}'), ("first\n", "\nlast"))


class SecretDetectorContract(Contract):
    """A detector. The adapter's test gives the fixture `detector`."""

    ports: ClassVar[tuple[type, ...]] = (SecretDetector,)

    def test_it_has_a_name_for_its_mark(self, detector: SecretDetector) -> None:
        """The family, for its mark: small letters, digits and dashes."""
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", detector.name)

    def test_without_its_words_it_finds_nothing(self, detector: SecretDetector) -> None:
        """In small letters: without one of them in a text it finds nothing there."""
        assert detector.words
        assert all(word and word == word.lower() for word in detector.words)
        for example in detector.examples:
            assert any(word in example.lower() for word in detector.words)
            for word in detector.words:
                example = re.sub(re.escape(word), "", example, flags=re.IGNORECASE)  # noqa: PLW2901
            if not any(word in example.lower() for word in detector.words):
                assert list(detector.find(example)) == []

    def test_each_example_is_found_whole(self, detector: SecretDetector) -> None:
        """Made-up secrets, each of which it finds whole wherever it stands."""
        assert detector.examples
        for example in detector.examples:
            for before, after in AROUND:
                found = _found(detector, before + example + after)
                assert example in found

    def test_places_lie_within_the_text(self, detector: SecretDetector) -> None:
        """The first character of each secret, and the one after its last."""
        for example in detector.examples:
            text = f"a {example} b {example}"
            places = list(detector.find(text))
            assert len(places) >= 2
            assert all(0 <= start < end <= len(text) for start, end in places)

    def test_it_finds_nothing_in_a_mark(self, detector: SecretDetector) -> None:
        """It finds nothing in the mark that stands in a secret's place."""
        assert list(detector.find(f"a {mark(detector.name)} b")) == []


def _found(detector: SecretDetector, text: str) -> Sequence[str]:
    return [text[start:end] for start, end in detector.find(text)]
