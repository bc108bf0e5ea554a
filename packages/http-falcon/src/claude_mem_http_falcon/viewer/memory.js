// SPDX-License-Identifier: Apache-2.0
// One memory in full: what it says, where it comes from, and the words that prove it.

import { get, post } from "./api.js";
import {
  facts,
  heading,
  moreButton,
  notice,
  titleOf,
  trustOf,
  words,
} from "./pieces.js";
import { count, el, long, percent, place, theirs, when } from "./text.js";

const SOURCES = 10; // shown at once

export async function showMemory(stage, route) {
  const told = await post("/v1/memories/get", { ids: [route.id], evidence: true });
  if (!stage.isShown()) return null;
  const [memory] = told.memories;
  const back = el(
    "p",
    { class: "back" },
    el("a", { href: place("memories") }, "All memories"),
  );
  if (memory === undefined) {
    stage.main.replaceChildren(
      back,
      heading("No such memory"),
      notice("There is no such memory, or it is not for this key to see."),
    );
    return null;
  }
  const { project } = await get(`/v1/projects/${encodeURIComponent(memory.projectId)}`);
  if (!stage.isShown()) return null;
  stage.main.replaceChildren(
    back,
    heading(titleOf(memory)),
    changed(memory),
    said(memory),
    part(
      "Facts",
      memory.facts.length > 0 &&
        el(
          "ul",
          { class: "list" },
          ...memory.facts.map((one) => el("li", {}, long(one))),
        ),
    ),
    part("Concepts", words("Concepts", memory.concepts)),
    part("Files it changed", files(memory.filesModified)),
    part("Files it read", files(memory.filesRead)),
    part("What is known of it", known(memory, project)),
    part("Sources", sources(memory, told.evidence[0])),
    part("Metadata", metadata(memory)),
  );
  return null;
}

function part(title, content) {
  return content ? el("section", {}, el("h2", {}, title), content) : "";
}

function changed(memory) {
  if (!memory.supersededById) return "";
  return notice(
    "Another memory took the place of this one.",
    el(
      "a",
      { href: place("memories", memory.supersededById) },
      "Show the one that counts now",
    ),
    ".",
  );
}

function said(memory) {
  const texts = [memory.subtitle, memory.text, memory.narrative];
  return el(
    "div",
    {},
    ...texts.filter((one) => one && one !== memory.title).map((one) => long(one)),
  );
}

function files(names) {
  return (
    names.length > 0 &&
    el(
      "ul",
      { class: "list" },
      ...names.map((one) => el("li", {}, theirs(one, "code"))),
    )
  );
}

function known(memory, project) {
  const session = memory.serverSessionId;
  return facts([
    ["Kind", memory.kind],
    ["Type", memory.type],
    ["Project", project.name],
    [
      "Session",
      session && el("a", { href: place("sessions", session) }, "the session it is of"),
    ],
    ["Trust", trustOf(memory)],
    ["Author", memory.author],
    ["Confidence", memory.confidence === null ? null : percent(memory.confidence)],
    ["Holds from", when(memory.validFromEpoch ?? memory.createdAtEpoch)],
    ["Holds until", memory.validToEpoch === null ? null : when(memory.validToEpoch)],
    ["Recorded", when(memory.createdAtEpoch)],
    [
      "Changed",
      memory.updatedAtEpoch === memory.createdAtEpoch
        ? null
        : when(memory.updatedAtEpoch),
    ],
    ["Id", memory.id],
  ]);
}

function sources(memory, evidence) {
  if (memory.sources.length === 0) return el("p", {}, "None was told.");
  const words_ = new Map(evidence.map((one) => [one.sourceId, one.text]));
  const list = el("ol", { class: "sources" });
  let shown = 0;
  const show = () => {
    const next = memory.sources.slice(shown, shown + SOURCES);
    shown += next.length;
    list.append(...next.map((one) => source(one, words_.get(one.id))));
    return shown < memory.sources.length;
  };
  const block = el(
    "div",
    {},
    el("p", { class: "faint" }, `${count(memory.sources.length)} in all.`),
    list,
  );
  if (show()) {
    const more = moreButton(async () => show() || more.remove());
    block.append(more);
  }
  return block;
}

function source(one, text) {
  const at = [
    one.sourceType.replace("_", " "),
    one.eventId && `event ${one.eventId}`,
    one.jsonPath,
    one.sourceUri,
  ];
  return el(
    "li",
    {},
    theirs(at.filter(Boolean).join(" · "), "p", { class: "faint" }),
    one.file && el("p", {}, theirs(one.file, "code")),
    text
      ? el("blockquote", {}, long(text))
      : el("p", { class: "faint" }, "It cites no words, or they are kept no longer."),
  );
}

function metadata(memory) {
  if (Object.keys(memory.metadata).length === 0) return "";
  return long(JSON.stringify(memory.metadata, null, 2), { class: "prose code" });
}
