# SPDX-License-Identifier: Apache-2.0
"""The vendors' own clients take the stub for real, and send what we send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
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


def ours(stub: ModelStub, name: str, folder: Path) -> Any:
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
    settings = adapter.settings.from_env(env)
    return adapter.open(settings, Wiring(folder, system, lambda: storage))


def ask_anthropic(stub: ModelStub, request: Request) -> tuple[str, int, int]:
    client = anthropic.Anthropic(api_key=KEY, base_url=stub.url, max_retries=0)
    answer = client.messages.create(
        model=MODEL,
        max_tokens=2048,
        system=request.system,
        messages=[{"role": "user", "content": request.user}],
    )
    usage = answer.usage
    return answer.content[0].text, usage.input_tokens, usage.output_tokens


def ask_openai(stub: ModelStub, request: Request) -> tuple[str, int, int]:
    client = openai.OpenAI(api_key=KEY, base_url=f"{stub.url}/v1", max_retries=0)
    answer = client.chat.completions.create(
        model=MODEL,
        max_tokens=2048,
        messages=[
            {"role": "system", "content": request.system},
            {"role": "user", "content": request.user},
        ],
    )
    usage = answer.usage
    assert usage is not None
    text = answer.choices[0].message.content or ""
    return text, usage.prompt_tokens, usage.completion_tokens


def ask_gemini(stub: ModelStub, request: Request) -> tuple[str, int, int]:
    options = genai.types.HttpOptions(base_url=stub.url)
    client = genai.Client(api_key=KEY, http_options=options)
    config = genai.types.GenerateContentConfig(
        system_instruction=request.system, max_output_tokens=2048
    )
    answer = client.models.generate_content(
        model=MODEL, contents=request.user, config=config
    )
    usage = answer.usage_metadata
    assert usage is not None
    return (
        answer.text or "",
        usage.prompt_token_count or 0,
        usage.candidates_token_count or 0,
    )


SDKS: dict[str, Callable[..., tuple[str, int, int]]] = {
    "anthropic": ask_anthropic,
    "openai": ask_openai,
    "gemini": ask_gemini,
}
each = pytest.mark.parametrize("name", SDKS)


@each
def test_the_vendors_client_reads_the_stub_and_sends_what_we_send(
    stub: ModelStub, name: str, tmp_path: Path
) -> None:
    made = ours(stub, name, tmp_path).observe(turn_with_work())

    text, read, said = SDKS[name](stub, stub.requests[0])

    mine, theirs = stub.requests
    assert text == OBSERVATION
    assert (read, said) == (made.usage[0].input_tokens, made.usage[0].output_tokens)
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


CLASSES = {
    400: ("unrecoverable", anthropic.BadRequestError, openai.BadRequestError),
    401: ("auth_invalid", anthropic.AuthenticationError, openai.AuthenticationError),
    403: (
        "auth_invalid",
        anthropic.PermissionDeniedError,
        openai.PermissionDeniedError,
    ),
    404: ("unrecoverable", anthropic.NotFoundError, openai.NotFoundError),
    429: ("rate_limit", anthropic.RateLimitError, openai.RateLimitError),
    500: ("transient", anthropic.InternalServerError, openai.InternalServerError),
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
    with pytest.raises(ModelCallError) as caught:
        ours(stub, name, tmp_path).observe(turn_with_work())

    with pytest.raises(theirs[name]):
        SDKS[name](stub, stub.requests[0])

    assert caught.value.kind == kind
