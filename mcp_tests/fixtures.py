# SPDX-License-Identifier: Apache-2.0
"""Our own server, with the tools, resources and prompts that the conformance suite asks.

    python fixtures.py

It is `claude-mem server start --foreground`: the same port, gate and mount. Only what
the suite calls by name is added to what the mount serves.
"""

from __future__ import annotations

import base64
import json
import struct
import sys
import zlib
from typing import Annotated, Any

import claude_mem_mcp_adapter.mount as mounting
from claude_mem_cli.main import main
from claude_mem_mcp_adapter.server import build_server
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    EmbeddedResource,
    ImageContent,
    TextContent,
    TextResourceContents,
)
from pydantic import Field

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {
        "properties": {"contactMethod": {"const": "phone"}},
        "required": ["contactMethod"],
    },
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
"""What the suite wants listed as it stands, with every word of JSON Schema 2020-12."""


def png() -> str:
    """One red pixel, in base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sum_ = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", sum_)

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\x00\xff\x00\x00")
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b""))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


def wav() -> str:
    """One silent sample, in base64."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8_000, 8_000, 1, 8)
    data = struct.pack("<4sIB", b"data", 1, 128)
    whole = b"RIFF" + struct.pack("<I", 4 + len(form) + len(data)) + b"WAVE"
    return base64.b64encode(whole + form + data).decode()


def embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    """A resource within an answer."""
    inner = TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    return EmbeddedResource(type="resource", resource=inner)


def image() -> ImageContent:
    """The red pixel, as a part of an answer."""
    return ImageContent(type="image", data=png(), mime_type="image/png")


def said(text: str) -> TextContent:
    """Text, as a part of an answer."""
    return TextContent(type="text", text=text)


def add_contents(server: MCPServer[Any]) -> None:
    """The tools that answer with contents of each kind."""

    @server.tool(structured_output=False)
    def test_simple_text() -> str:
        """Some text."""
        return "This is a simple text response for testing."

    @server.tool(structured_output=False)
    def test_image_content() -> list[ImageContent]:
        """A picture."""
        return [image()]

    @server.tool(structured_output=False)
    def test_audio_content() -> list[AudioContent]:
        """A sound."""
        return [AudioContent(type="audio", data=wav(), mime_type="audio/wav")]

    @server.tool(structured_output=False)
    def test_embedded_resource() -> list[EmbeddedResource]:
        """A resource within the answer."""
        text = "This is an embedded resource content."
        return [embedded("test://embedded-resource", "text/plain", text)]

    @server.tool(structured_output=False)
    def test_multiple_content_types() -> list[Any]:
        """Text, a picture and a resource."""
        text = json.dumps({"test": "data", "value": 123})
        inner = embedded("test://mixed-content-resource", "application/json", text)
        return [said("Multiple content types test:"), image(), inner]


def add_behaviours(server: MCPServer[Any]) -> None:
    """The tools that fail, tell how far they are, or need something of the client."""

    @server.tool(structured_output=False)
    def test_error_handling() -> str:
        """An error, always."""
        raise ToolError("This tool intentionally returns an error for testing")

    @server.tool(structured_output=False)
    async def test_tool_with_progress(ctx: Context[Any, Any]) -> str:
        """Text, and how far it is."""
        for done in (0, 50, 100):
            await ctx.report_progress(done, 100)
        return "All of it is done."

    @server.tool(structured_output=False)
    async def test_logging_tool(ctx: Context[Any, Any]) -> str:
        """Text, and a line of a log for who asks for it."""
        await ctx.info("The tool was called.")
        return "It was called."

    @server.tool(structured_output=False)
    def test_streaming_elicitation() -> str:
        """Text: nothing is asked on the way to it."""
        return "Nothing is asked."

    @server.tool(structured_output=False)
    def test_missing_capability(ctx: Context[Any, Any]) -> str:
        """Needs a client that lets a server sample."""
        declared = ctx.request_context.session.client_capabilities
        if declared is None or declared.sampling is None:
            needed = {"requiredCapabilities": {"sampling": {}}}
            code = MISSING_REQUIRED_CLIENT_CAPABILITY
            raise MCPError(code, "the client does not sample", needed)
        return "It samples."


def add_schemas(server: MCPServer[Any]) -> None:
    """The tools whose schema the suite reads."""

    @server.tool(structured_output=False)
    def test_custom_headers(
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
    ) -> str:
        """What a header says too."""
        return region

    @server.tool(structured_output=False)
    def json_schema_2020_12_tool(name: str = "") -> str:
        """Listed with a schema that has everything."""
        return name

    listed = server._tool_manager.get_tool("json_schema_2020_12_tool")
    assert listed is not None
    listed.parameters = SCHEMA


def add_resources(server: MCPServer[Any]) -> None:
    """The resources that the suite reads."""

    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        return base64.b64decode(png())

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> str:  # noqa: A002 - the template's name
        told = {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}
        return json.dumps(told)


def add_prompts(server: MCPServer[Any]) -> None:
    """The prompts that the suite fills in."""

    @server.prompt()
    def test_simple_prompt() -> str:
        """Some text."""
        return "This is a simple prompt for testing."

    @server.prompt()
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        """Both arguments."""
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt()
    def test_prompt_with_embedded_resource(
        resourceUri: str,  # noqa: N803 - the suite's name
    ) -> list[UserMessage]:
        """A resource and a question."""
        text = "Embedded resource content for testing."
        inner = embedded(resourceUri, "text/plain", text)
        asked = "Please process the embedded resource above."
        return [UserMessage(inner), UserMessage(asked)]

    @server.prompt()
    def test_prompt_with_image() -> list[UserMessage]:
        """A picture and a question."""
        return [UserMessage(image()), UserMessage("Please analyze the image above.")]


def with_fixtures(*args: Any, **options: Any) -> MCPServer[Any]:
    """The server that the mount builds, and what the suite asks for besides."""
    server = build_server(*args, **options)
    for add in (add_contents, add_behaviours, add_schemas, add_resources, add_prompts):
        add(server)
    return server


if __name__ == "__main__":
    mounting.build_server = with_fixtures
    sys.argv[1:] = ["server", "start", "--foreground"]
    main()
