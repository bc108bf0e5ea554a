// SPDX-License-Identifier: Apache-2.0
// What is shown to whoever has no key: how to come by one, and a field for it.

import { keepKey } from "./api.js";
import { command, field, heading, notice } from "./pieces.js";
import { el } from "./text.js";

export function showDoor(main, why, onKey) {
  const input = el("input", {
    name: "key",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
  });
  const form = el(
    "form",
    { class: "door" },
    field("Key", input),
    el("button", { type: "submit" }, "Show memories"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!/^[!-~]+$/.test(text)) {
      input.setCustomValidity("A key has letters, digits and underscores alone.");
      form.reportValidity();
      return;
    }
    keepKey(text);
    onKey();
  });
  input.addEventListener("input", () => input.setCustomValidity(""));
  main.replaceChildren(
    heading("Open the viewer"),
    why ? notice(why) : "",
    el(
      "p",
      {},
      "On the machine of the server, this command opens the page with a key that reads and ends after twelve hours:",
    ),
    el("p", {}, command("claude-mem viewer")),
    el(
      "p",
      {},
      "From another machine, paste a key. It stays in this tab, and is forgotten with it. Whoever runs the server makes one with ",
      command("claude-mem server api-key create --role reader"),
      ".",
    ),
    form,
  );
}
