# SPDX-License-Identifier: Apache-2.0
"""What a text is found under, and what a question asks for, meet."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.analysis import analysed, asked, tokens
from claude_mem_core.domain.analysis.folding import folded, words
from claude_mem_core.domain.analysis.languages import language_of
from claude_mem_core.domain.analysis.question import MAX_TOKENS
from hypothesis import given
from hypothesis import strategies as st

TEXTS = {
    "en": "The workers were written so that they never block the queue",
    "de": "Die Häuser am Hof sind mit der neuen Heizung warm",
    "es": "Las decisiones del equipo son para los servidores nuevos",
    "fr": "Les fichiers du serveur sont dans le dossier de sortie",
    "ru": "Мы решили перенести базы данных на новые серверы",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_the_language_of_a_text_is_told(language, text) -> None:
    assert language_of(map(folded, words(text))) == language


@pytest.mark.parametrize(
    "text", ["", "x = 1", "did the server die", "SELECT a FROM b", "der"]
)
def test_little_makes_no_text_of_another_language(text) -> None:
    assert language_of(map(folded, words(text))) == "en"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("who wrote the worker", TEXTS["en"]),
        ("Haus", TEXTS["de"]),
        ("Welches Haus ist warm?", TEXTS["de"]),
        ("heizungen", TEXTS["de"]),
        ("decisión", TEXTS["es"]),
        ("¿Qué servidor es nuevo?", TEXTS["es"]),
        ("fichier", TEXTS["fr"]),
        ("новый сервер", TEXTS["ru"]),
        ("база", TEXTS["ru"]),
        ("数据库", "我们决定使用数据库。"),
        ("库", "我们决定使用数据库。"),
        ("再起動", "データベースを再起動した"),
        ("ﾃﾞｰﾀﾍﾞｰｽ", "データベースを再起動した"),
        ("데이터베이스", "데이터베이스를 다시 시작했다"),
        ("ฐานข้อมูล", "เราใช้ฐานข้อมูลนี้"),
        ("Lukasz Soren", "Łukasz asked Søren"),
        ("Łukasz", "lukasz said so"),
        ("coeur", "au cœur du serveur"),
        ("isik", "\u0131\u015f\u0131k kapal\u0131yd\u0131"),
        ("getUserName", "calls get_user_name() twice"),
        ("user name", "calls getUserName twice"),
        ("get_user_name", "calls getUserName twice"),
        ("checkpoint IDs", "each has an ID"),
        ("the id", "calls listIDs twice"),
        ("hooks_test.go", "edited cmd/entire/hooks_test.go"),
        ("E0308", "error[E0308]: mismatched types"),
        ("Redis", "使用Redis缓存"),
        ("caché", "the CACHE was cold"),
        ("\uff21\uff22\uff23", "abc"),
    ],
)
def test_a_question_meets_the_text(question, text) -> None:
    assert set(asked(question).tokens) & set(tokens(text))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("数据", "库存报表"),
        ("Haus", "die Maus und der Hund sind im Garten"),
        ("getUserName", "a username"),
    ],
)
def test_what_only_looks_alike_does_not_meet(question, text) -> None:
    assert not set(asked(question).tokens) & set(tokens(text))


def test_an_identifier_is_kept_whole_and_in_parts() -> None:
    assert tokens("getUserNames") == ["getusernames", "get", "user", "name"]
    assert tokens("user_id") == ["userid", "user", "id"]


def test_texts_of_one_memory_are_of_one_language() -> None:
    title, _ = analysed(["Häuser", TEXTS["de"]])

    assert "haus" in title


def test_stop_words_are_left_out_and_each_word_is_asked_once() -> None:
    question = asked("How does the CommitStrategy of the commit work?")

    assert [word.text for word in question.words] == [
        *("commitstrategy", "commit", "strategy", "work"),
    ]


def test_stop_words_are_those_of_the_questions_language() -> None:
    german = asked("Warum ist die Datenbank so langsam?")
    english = asked("did the server die?")

    assert [word.text for word in german.words] == ["datenbank", "langsam"]
    assert [word.text for word in english.words] == ["server", "die"]


def test_hiragana_is_grammar_where_anything_else_is_asked() -> None:
    assert asked("データはどこ").tokens == ("デー", "ータ", "タは", "はど", "どこ")[:3]
    assert asked("どこ").tokens == ("どこ",)


def test_a_question_of_stop_words_alone_keeps_them() -> None:
    assert asked("to be or not to be").tokens == ("to", "be", "or", "not")


def test_a_path_is_asked_for_by_its_parts() -> None:
    assert [word.text for word in asked("cmd/hooks_test.go").words] == [
        *("cmd", "hooks_test", "hooks", "test", "go"),
    ]


def test_punctuation_alone_asks_for_nothing() -> None:
    assert asked('"*:()-^ … \u0301').words == ()


def test_a_document_as_a_question_is_cut() -> None:
    longest = " ".join(f"word{n}" for n in range(100))

    assert len(asked(longest).tokens) == MAX_TOKENS


@given(st.text())
def test_every_token_is_one_word_without_case(text: str) -> None:
    for token in (*tokens(text), *asked(text).tokens):
        assert token
        assert token == folded(token)
        assert not any(letter.isspace() or letter in '"*:_' for letter in token)


@given(st.text())
def test_a_text_meets_itself(text: str) -> None:
    wanted = asked(text).tokens
    kept = tokens(text)

    assert bool(wanted) == bool(kept)
    if len(wanted) < MAX_TOKENS:
        for word in asked(text).words:
            assert set(word.tokens) & set(kept), word
