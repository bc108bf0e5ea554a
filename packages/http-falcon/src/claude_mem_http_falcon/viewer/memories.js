// SPDX-License-Identifier: Apache-2.0
// The memories, the latest first, or those that answer a question.

import { get, post } from "./api.js";
import {
  KINDS,
  choice,
  command,
  field,
  heading,
  kicker,
  moreButton,
  notice,
  projectChoice,
  renew,
  titleOf,
  trustOf,
  whenOf,
  words,
} from "./pieces.js";
import { amount, el, percent, place, start, theirs } from "./text.js";

const PAGE = 20;
const MOST = 100; // memories, and projects, in one question

export async function showMemories(stage, route) {
  const { project, kind, q } = route.parameters;
  const projects = await counted();
  if (!stage.isShown()) return null;
  const list = el("div", { class: "cards" });
  const note = el("div");
  const form = filters(projects, route.parameters);
  stage.main.replaceChildren(heading("Memories"), form, note, list);
  const asked = { projectIds: chosen(projects, project) };
  if (kind) asked.kind = [kind];
  if (asked.projectIds.length === 0) {
    note.append(empty());
    return async () => {
      if (total(await counted())) dispatchEvent(new Event("hashchange"));
    };
  }
  if (projects.length > MOST && !project) {
    note.append(
      notice(
        `There are ${projects.length} projects; the ${MOST} with the most memories are shown.`,
        "Choose a project to see another one.",
      ),
    );
  }
  const names = new Map(projects.map((one) => [one.id, one.name]));
  if (q) {
    await answerQuestion(stage, { ...asked, query: q }, { list, note, names });
    return null;
  }
  const renewed = (now) => {
    renew(form.elements.namedItem("project"), now);
    for (const one of now) names.set(one.id, one.name);
    asked.projectIds = chosen(now, project);
  };
  return feed(stage, asked, { list, note, names, projects, renewed });
}

// The projects that the key may see, with how many memories each holds.
async function counted() {
  const told = await get("/v1/projects", { counts: "true" });
  return told.projects.map((one, index) => ({
    id: one.id,
    name: one.name,
    count: Object.values(told.memoryCounts[index]).reduce((sum, each) => sum + each, 0),
  }));
}

function chosen(projects, project) {
  if (project) return [project];
  const most = [...projects].sort((one, other) => other.count - one.count);
  return most.slice(0, MOST).map((one) => one.id);
}

function total(projects) {
  return projects.reduce((sum, one) => sum + one.count, 0);
}

function filters(projects, { project, kind, q }) {
  const question = el("input", {
    type: "search",
    name: "q",
    value: q ?? "",
    autocomplete: "off",
    maxlength: "2000",
  });
  const kinds = choice(
    "kind",
    [["", "All kinds"], ...KINDS.map((one) => [one, one])],
    kind ?? "",
  );
  const form = el(
    "form",
    { class: "filters", role: "search" },
    field("Search", question),
    field("Project", projectChoice(projects, project)),
    field("Kind", kinds),
    el("button", { type: "submit" }, "Search"),
  );
  const go = () => {
    const said = new FormData(form);
    location.hash = place("memories", "", {
      project: said.get("project"),
      kind: said.get("kind"),
      q: said.get("q").trim(),
    });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) go();
  });
  return form;
}

async function answerQuestion(stage, asked, { list, note, names }) {
  const told = await post("/v1/search", { ...asked, limit: PAGE });
  if (!stage.isShown()) return;
  if (told.memories.length === 0) {
    note.append(
      notice(
        "Nothing that is remembered fits.",
        "Try other words, or all projects and kinds.",
      ),
    );
    return;
  }
  const how =
    told.confidence === null
      ? ""
      : ` How likely it is that the best five answer this: ${percent(told.confidence)}.`;
  note.append(
    el(
      "p",
      { class: "faint" },
      `${amount(told.memories.length, "memory", "memories")}, the best first.${how}`,
    ),
  );
  list.append(...told.memories.map((one, index) => card(one, names, told.why[index])));
}

// The latest memories, and what comes before them as it is asked for.
async function feed(stage, asked, { list, note, names, projects, renewed }) {
  const cards = new Map();
  let order = [];
  let seen = total(projects);

  function show(memories) {
    order = memories;
    list.replaceChildren(
      ...memories.map((one) => {
        if (!cards.has(one.id)) cards.set(one.id, card(one, names));
        return cards.get(one.id);
      }),
    );
  }

  const more = moreButton(async () => {
    const last = order.at(-1);
    const told = await post("/v1/timeline", {
      ...asked,
      anchor: last.id,
      depthBefore: PAGE,
      depthAfter: 0,
      view: "full",
    });
    const older = told.memories.filter((one) => one.id !== last.id).reverse();
    show([...order, ...older]);
    if (older.length < PAGE) more.remove();
    cards.get(older[0]?.id)?.querySelector("a").focus();
  });

  async function latest() {
    const most = Math.min(MOST, Math.max(PAGE, order.length));
    return (await post("/v1/search", { ...asked, limit: most })).memories;
  }

  const first = await latest();
  if (!stage.isShown()) return null;
  show(first);
  if (first.length === 0)
    note.append(
      total(projects)
        ? notice("Nothing passes these filters.", "Choose another project or kind.")
        : empty(),
    );
  if (first.length === PAGE) list.after(more);

  return async () => {
    const there = await counted();
    const now = total(there);
    if (now === seen || !stage.isShown()) return;
    renewed(there);
    const found = await latest();
    if (!stage.isShown()) return;
    const fresh = found.filter((one) => !cards.has(one.id)).length;
    const ids = new Set(found.map((one) => one.id));
    show([
      ...found,
      ...order.slice(found.length - fresh).filter((one) => !ids.has(one.id)),
    ]);
    if (fresh) {
      note.replaceChildren();
      stage.say(fresh === 1 ? "1 new memory." : `${fresh} new memories.`);
    }
    seen = now;
  };
}

function card(memory, names, why = "") {
  const title = el(
    "a",
    { href: place("memories", memory.id) },
    theirs(titleOf(memory)),
  );
  const said = [memory.text, memory.narrative, memory.facts.join(" ")].find(
    (one) => one && one !== memory.title,
  );
  const files = [...memory.filesModified, ...memory.filesRead];
  return el(
    "article",
    { class: "card" },
    kicker(memory.kind, memory.type, names.get(memory.projectId)),
    el("h2", {}, title),
    said && theirs(start(said, 320), "p", { class: "prose" }),
    why && theirs(`Found by: ${start(why, 300)}`, "p", { class: "faint" }),
    words("Concepts", memory.concepts, 6),
    words("Files", [...new Set(files)], 3),
    el("p", { class: "faint" }, whenOf(memory), ` · ${trustOf(memory)}`),
  );
}

function empty() {
  return notice(
    "Nothing is remembered yet.",
    "Take in what your agents did before with ",
    command("claude-mem ingest --all"),
    ", or let one report from its next session on: ",
    command("claude-mem install"),
    ". What comes in shows here by itself.",
  );
}
