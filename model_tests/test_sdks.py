# SPDX-License-Identifier: Apache-2.0
"""The vendors' own clients take the stub for real, and send what we send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from claude_mem_conformance import samples
from claude_mem_conformance.generator import turn_with_work
from claude_mem_core.plugins import Plugins, Wiring
from claude_mem_core.ports.generator import ModelCallError
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.system import RealSystem
from claude_mem_generator_llm import plugin
from google import genai
from google.genai import errors as gemini_errors
from model_stub import KEY, OBSERVATION, Act, ModelStub, Request, model_stub

MODEL = "some-model-1"


@pytest.fixture
def stub() -> Iterator[ModelStub]:
    with model_stub() as known:
        yield known


def ours(stub: ModelStub, name: str, folder: Path, **more: str) -> Any:
    env = {
        "CLAUDE_MEM_SERVER_MODEL": MODEL,
        "CLAUDE_MEM_ANTHROPIC_API_KEY": KEY,
        "CLAUDE_MEM_ANTHROPIC_BASE_URL": stub.url,
        "CLAUDE_MEM_GEMINI_API_KEY": KEY,
        "CLAUDE_MEM_GEMINI_BASE_URL": stub.url,
        "CLAUDE_MEM_OPENROUTER_API_KEY": KEY,
        "CLAUDE_MEM_OPENROUTER_BASE_URL": f"{stub.url}/v1",
    }
    system = RealSystem()
    storage = InProcessStorage(system)
    samples.inhabit(storage)
    adapter = Plugins(plugin).generator(name)
    named = {f"CLAUDE_MEM_{key.upper()}": text for key, text in more.items()}
    settings = adapter.settings.from_env({**env, **named})
    return adapter.open(settings, Wiring(folder, system, lambda: storage))


def failed(generator: Any) -> ModelCallError:
    with pytest.raises(ModelCallError) as caught:
        generator.observe(turn_with_work())
    return caught.value


@dataclass(frozen=True)
class Said:
    """What a vendor's client tells of an answer."""

    text: str
    stop: str
    read: int
    said: int


def ask_anthropic(stub: ModelStub, request: Request, patience: float) -> Said:
    client = anthropic.Anthropic(
        api_key=KEY, base_url=stub.url, max_retries=0, timeout=patience
    )
    answer = client.messages.create(
        model=MODEL,
        max_tokens=2048,
        system=request.system,
        messages=[{"role": "user", "content": request.user}],
    )
    usage, stop = answer.usage, str(answer.stop_reason)
    text = answer.content[0].text
    return Said(text, stop, usage.input_tokens, usage.output_tokens)


def ask_openai(stub: ModelStub, request: Request, patience: float, **more: Any) -> Said:
    client = openai.OpenAI(
        api_key=KEY, base_url=f"{stub.url}/v1", max_retries=0, timeout=patience
    )
    answer = client.chat.completions.create(
        model=MODEL,
        max_tokens=2048,
        messages=[
            {"role": "system", "content": request.system},
            {"role": "user", "content": request.user},
        ],
        **more,
    )
    usage, best = answer.usage, answer.choices[0]
    assert usage is not None
    text, stop = best.message.content or "", best.finish_reason
    return Said(text, stop, usage.prompt_tokens, usage.completion_tokens)


def ask_gemini(stub: ModelStub, request: Request, patience: float) -> Said:
    options = genai.types.HttpOptions(base_url=stub.url, timeout=int(patience * 1_000))
    client = genai.Client(api_key=KEY, http_options=options)
    config = genai.types.GenerateContentConfig(
        system_instruction=request.system, max_output_tokens=2048
    )
    answer = client.models.generate_content(
        model=MODEL, contents=request.user, config=config
    )
    usage, best = answer.usage_metadata, (answer.candidates or [])[0]
    assert usage is not None
    assert best.finish_reason is not None
    read, said = usage.prompt_token_count, usage.candidates_token_count
    return Said(answer.text or "", best.finish_reason.name, read or 0, said or 0)


SDKS: dict[str, Callable[..., Said]] = {
    "anthropic": ask_anthropic,
    "openai": ask_openai,
    "gemini": ask_gemini,
}
PATIENCE = 20.0
each = pytest.mark.parametrize("name", SDKS)


@each
def test_the_vendors_client_reads_the_stub_and_sends_what_we_send(
    stub: ModelStub, name: str, tmp_path: Path
) -> None:
    made = ours(stub, name, tmp_path).observe(turn_with_work())

    told = SDKS[name](stub, stub.requests[0], PATIENCE)

    mine, theirs = stub.requests
    usage = made.usage[0]
    assert told.text == OBSERVATION
    assert (told.read, told.said) == (usage.input_tokens, usage.output_tokens)
    assert mine.path.partition("?")[0] == theirs.path.partition("?")[0]
    assert (mine.system, mine.user) == (theirs.system, theirs.user)
    for key in ("model", "max_tokens"):
        assert mine.body.get(key) == theirs.body.get(key)
    if name == "gemini":
        limits = [
            one.body["generationConfig"]["maxOutputTokens"] for one in (mine, theirs)
        ]
        assert limits == [2048, 2048]
    for header in ("x-api-key", "anthropic-version", "x-goog-api-key", "authorization"):
        assert mine.headers.get(header) == theirs.headers.get(header)


def test_the_vendors_client_holds_to_a_schema_as_we_do(
    stub: ModelStub, tmp_path: Path
) -> None:
    stub.usual = Act(text='{"observations": [{"title": "a"}], "skip_summary": ""}')
    held = ours(stub, "openai", tmp_path, openrouter_answer_format="json_schema")

    (memory,) = held.observe(turn_with_work()).memories
    given = stub.requests[0].body["response_format"]
    ask_openai(stub, stub.requests[0], PATIENCE, response_format=given)

    assert memory.title == "a"
    assert stub.requests[1].body == stub.requests[0].body


CLASSES = {
    400: ("unrecoverable", anthropic.BadRequestError, openai.BadRequestError),
    401: ("auth_invalid", anthropic.AuthenticationError, openai.AuthenticationError),
    402: ("quota_exhausted", anthropic.PaymentRequiredError, openai.APIStatusError),
    403: (
        "auth_invalid",
        anthropic.PermissionDeniedError,
        openai.PermissionDeniedError,
    ),
    404: ("unrecoverable", anthropic.NotFoundError, openai.NotFoundError),
    408: ("transient", anthropic.RequestTimeoutError, openai.APIStatusError),
    413: ("unrecoverable", anthropic.ContentTooLargeError, openai.APIStatusError),
    429: ("rate_limit", anthropic.RateLimitError, openai.RateLimitError),
    500: ("transient", anthropic.InternalServerError, openai.InternalServerError),
    503: ("transient", anthropic.ServiceUnavailableError, openai.InternalServerError),
    529: ("transient", anthropic.InternalServerError, openai.InternalServerError),
}


@each
@pytest.mark.parametrize("status", CLASSES)
def test_the_vendors_client_and_ours_agree_on_a_refusal(
    stub: ModelStub, name: str, status: int, tmp_path: Path
) -> None:
    stub.usual = Act(status=status, text="no")
    kind, of_anthropic, of_openai = CLASSES[status]
    ends = (gemini_errors.ServerError, gemini_errors.ClientError)
    of_gemini = ends[status < 500]
    theirs = {"anthropic": of_anthropic, "openai": of_openai, "gemini": of_gemini}

    error = failed(ours(stub, name, tmp_path))

    with pytest.raises(theirs[name]) as caught:
        SDKS[name](stub, stub.requests[0], PATIENCE)
    assert error.kind == kind
    told = caught.value
    code = told.code if name == "gemini" else told.status_code
    assert code == status


TOO_LONG = {
    "anthropic": "prompt is too long: 210000 tokens > 200000 maximum",
    "openai": "This model's maximum context length is 8192 tokens.",
    "gemini": "The input token count (1200000) exceeds the maximum number of tokens",
}


@each
def test_a_prompt_that_is_too_long_is_told_in_each_vendors_words(
    stub: ModelStub, name: str, tmp_path: Path
) -> None:
    stub.usual = Act(status=400, text=TOO_LONG[name])
    _, of_anthropic, of_openai = CLASSES[400]
    theirs = {
        "anthropic": of_anthropic,
        "openai": of_openai,
        "gemini": gemini_errors.ClientError,
    }

    error = failed(ours(stub, name, tmp_path))

    with pytest.raises(theirs[name], match=TOO_LONG[name][:20]):
        SDKS[name](stub, stub.requests[0], PATIENCE)
    assert error.kind == "unrecoverable"
    assert "CLAUDE_MEM_MODEL_INPUT_BYTES" in str(error)


STOPS = {
    "length": {"anthropic": "max_tokens", "openai": "length", "gemini": "MAX_TOKENS"},
    "refused": {
        "anthropic": "refusal",
        "openai": "content_filter",
        "gemini": "SAFETY",
    },
}


@each
@pytest.mark.parametrize(
    ("stop", "kind", "told"),
    [
        ("length", "parse_error", "CLAUDE_MEM_MODEL_OUTPUT_TOKENS"),
        ("refused", "unrecoverable", "it refuses to answer this"),
    ],
)
def test_an_answer_that_was_cut_or_refused_is_known_by_the_vendors_word_for_it(
    stub: ModelStub, name: str, stop: str, kind: str, told: str, tmp_path: Path
) -> None:
    stub.usual = Act(text="<observation><title>ha", stop=stop)

    error = failed(ours(stub, name, tmp_path))

    theirs = SDKS[name](stub, stub.requests[0], PATIENCE)
    assert theirs.stop == STOPS[stop][name]
    assert error.kind == kind
    assert told in str(error)


@each
@pytest.mark.parametrize("raw", [b"<html>", b'{"a":', b"\xff\xfe"])
def test_a_body_that_is_no_json_fails_for_both(
    stub: ModelStub, name: str, raw: bytes, tmp_path: Path
) -> None:
    stub.usual = Act(raw=raw)

    error = failed(ours(stub, name, tmp_path))

    with pytest.raises(ValueError, match=r"Expecting|decode"):
        SDKS[name](stub, stub.requests[0], PATIENCE)
    assert error.kind == "transient"
    assert len(error.usage) == 3


TIMED_OUT = {
    "anthropic": anthropic.APITimeoutError,
    "openai": openai.APITimeoutError,
    "gemini": httpx2.TimeoutException,
}


@each
def test_who_says_nothing_is_given_up_by_both(
    stub: ModelStub, name: str, tmp_path: Path
) -> None:
    stub.usual = Act(hang=True)

    error = failed(ours(stub, name, tmp_path, provider_timeout_seconds="0.3"))

    with pytest.raises(TIMED_OUT[name]):
        SDKS[name](stub, stub.requests[0], 0.3)
    assert error.kind == "transient"
    assert "within 0.3 s" in str(error)


@each
def test_who_speaks_slowly_is_heard_by_both_and_by_us_not_for_ever(
    stub: ModelStub, name: str, tmp_path: Path
) -> None:
    stub.usual = Act(drip=0.001)

    made = ours(stub, name, tmp_path).observe(turn_with_work())
    error = failed(ours(stub, name, tmp_path, provider_timeout_seconds="0.3"))

    assert made.memories
    assert SDKS[name](stub, stub.requests[0], PATIENCE).text == OBSERVATION
    assert "within 0.3 s" in str(error)
