# SPDX-License-Identifier: Apache-2.0
"""The forms of a word have one stem, in each language."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.analysis.folding import folded
from claude_mem_core.domain.analysis.stemming import stem

FORMS = {
    "en": (
        "write wrote written writes writing",
        "go went gone goes",
        "index indices",
        "add adds added adding",
        "die dies died dying",
        "wide wider widest",
        "easy easier easiest",
        "analyze analyse analyzed analysing analysis",
        "summarize summarise summarization summarisation summarising",
        "deserialize deserialised",
        "behavior behaviour behaviours",
        "favorite favourite",
    ),
    "de": (
        "Haus Häuser Häusern Hauses",
        "Datenbank Datenbanken",
        "Fehler Fehlern",
        "klein kleine kleinen kleiner kleinste",
    ),
    "es": (
        "decisión decisiones",
        "servidor servidores",
        "luz luces",
        "archivo archivos",
        "lento lenta lentos lentas",
    ),
    "fr": ("serveur serveurs", "canal canaux", "fichier fichiers", "grande grandes"),
    "ru": (
        "сервер сервера серверов серверами серверах",
        "ошибка ошибки ошибку",
        "новый новая новые новых",
        "решение решения решением",
    ),
}
DIFFERENT = {
    "en": ("left leave", "server serve", "promise prom", "score scour", "four for"),
    "de": ("Datei Daten",),
    "es": ("caso casa",),
    "fr": ("porte port",),
    "ru": ("сервер сервис",),
}


def stems(forms, language):
    return {stem(folded(form), language) for form in forms.split()}


@pytest.mark.parametrize(
    ("language", "forms"), [(k, one) for k, own in FORMS.items() for one in own]
)
def test_the_forms_of_a_word_have_one_stem(language, forms) -> None:
    assert len(stems(forms, language)) == 1


@pytest.mark.parametrize(
    ("language", "words"), [(k, one) for k, own in DIFFERENT.items() for one in own]
)
def test_other_words_keep_another_stem(language, words) -> None:
    assert len(stems(words, language)) == 2


@pytest.mark.parametrize("language", list(FORMS))
@pytest.mark.parametrize("word", ["sha256", "a", "", "数据库", "x86"])
def test_what_is_no_word_of_letters_stays(word, language) -> None:
    assert stem(word, language) == word
