// SPDX-License-Identifier: Apache-2.0
// What the views have in common: what is said of a problem, filters, lists of words.

import { el, place, start, theirs, visible, when } from "./text.js";

export const KINDS = ["observation", "summary", "prompt", "manual"];

export function command(text) {
  return el("code", { class: "command" }, text);
}

// A sentence, and what to do about it.
export function notice(sentence, ...cure) {
  return el(
    "div",
    { class: "notice" },
    el("p", {}, sentence),
    cure.length > 0 && el("p", {}, ...cure),
  );
}

export function problemNotice(problem) {
  const told = problem.message ? `: ${problem.message}` : "";
  const known = {
    0: () =>
      notice(
        "The server does not answer.",
        "Start it with ",
        command("claude-mem server start"),
        ". This page tries again by itself.",
      ),
    402: () =>
      notice(
        `The team has used up what it may ask this month${told}.`,
        "Ask whoever runs the server.",
      ),
    403: () =>
      notice(
        `This key does not allow that${told}.`,
        "Use a key of the role reader: ",
        command("claude-mem server api-key create --role reader"),
        " makes one.",
      ),
    404: () =>
      notice(
        "There is nothing here, or it is not for this key to see.",
        "Go back to ",
        el("a", { href: place("memories") }, "all memories"),
        ".",
      ),
    429: () =>
      notice(
        `This key asks more often than it may${told}.`,
        `The page goes on by itself in ${problem.after || 5} seconds.`,
      ),
    503: () =>
      notice(
        `The server is there, and its store does not answer${told}.`,
        "Its log says why. This page tries again by itself.",
      ),
  };
  return (known[problem.status] ?? (() => unforeseen(problem)))();
}

function unforeseen(problem) {
  const where = problem.requestId
    ? [
        "The server's log tells more, under the id ",
        el("code", {}, problem.requestId),
        ".",
      ]
    : [];
  return notice(
    `The server refused this (${problem.status}): ${problem.message}`,
    ...where,
  );
}

// A label and its control, for a form whose change is a place of this page.
export function field(label, control) {
  return el("label", { class: "field" }, el("span", {}, label), control);
}

export function choice(name, options, chosen) {
  const made = options.map(([value, text]) =>
    el("option", { value, selected: value === chosen }, start(text, 60)),
  );
  return el("select", { name }, ...made);
}

export function projectChoice(projects, chosen) {
  const named = projects.map((one) => [one.id, projectName(one)]);
  return choice("project", [["", "All projects"], ...named], chosen ?? "");
}

// The same choice with what it is now: nothing that was chosen is lost.
export function renew(select, projects) {
  const there = new Map([...select.options].map((one) => [one.value, one]));
  for (const one of projects) {
    const text = visible(start(projectName(one), 60));
    const option = there.get(one.id);
    if (option === undefined) select.append(el("option", { value: one.id }, text));
    else if (option.textContent !== text) option.textContent = text;
  }
}

function projectName(one) {
  return one.count === undefined ? one.name : `${one.name} (${one.count})`;
}

// Small words in a row, each of them text.
export function words(label, list, most = Infinity) {
  if (list.length === 0) return null;
  const shown = list.slice(0, most).map((one) => theirs(start(one, 200), "li"));
  if (list.length > most)
    shown.push(el("li", { class: "rest" }, `and ${list.length - most} more`));
  return el("ul", { class: "words", "aria-label": label }, ...shown);
}

// What something is, in a line above its title.
export function kicker(...parts) {
  const said = parts.filter(Boolean).map((one) => theirs(start(one, 60)));
  return el("p", { class: "kicker" }, ...said);
}

export function facts(pairs) {
  const rows = pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", { dir: "auto" }, value)),
    );
  return el("dl", { class: "facts" }, ...rows);
}

export function heading(text) {
  document.title = `${visible(start(text, 60))} · claude-mem`;
  return theirs(start(text, 500), "h1", { tabindex: "-1" });
}

const TRUST = {
  user: "said by a person",
  agent: "said by the agent",
  tool: "seen in a tool's output",
  import: "imported",
};

export function trustOf(memory) {
  return TRUST[memory.trust] ?? "of unknown trust";
}

export function whenOf(memory) {
  return when(memory.validFromEpoch ?? memory.createdAtEpoch);
}

export function titleOf(memory) {
  const said =
    memory.title ||
    memory.subtitle ||
    memory.text ||
    memory.narrative ||
    memory.facts[0];
  return start(said || "Without a title", 200);
}

export function moreButton(onMore) {
  const button = el("button", { type: "button", class: "more" }, "Show more");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await onMore();
    } finally {
      button.disabled = false;
    }
  });
  return button;
}
