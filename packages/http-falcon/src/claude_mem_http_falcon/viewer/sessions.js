// SPDX-License-Identifier: Apache-2.0
// The sessions, how much is kept of each, and one of them in full.

import { get, post } from "./api.js";
import { cure, numbers, totalLine, verdict, verdictLine } from "./coverage.js";
import {
  command,
  facts,
  field,
  heading,
  kicker,
  moreButton,
  notice,
  projectChoice,
  titleOf,
  whenOf,
} from "./pieces.js";
import { amount, el, place, start, theirs, when } from "./text.js";

const PAGE = 20;
const MOST = 100;

export async function showSessions(stage, route) {
  const { project } = route.parameters;
  const { projects } = await get("/v1/projects");
  const asked = { projectId: project, limit: PAGE };
  const [first, { coverage }] = await Promise.all([
    get("/v1/sessions", asked),
    get("/v1/info"),
  ]);
  if (!stage.isShown()) return null;
  const names = new Map(projects.map((one) => [one.id, one.name]));
  const list = el("div", { class: "cards" });
  const note = el("div");
  stage.main.replaceChildren(
    heading("Sessions"),
    totalLine(coverage) ?? "",
    filters(projects, project),
    note,
    list,
  );
  const rows = new Map();

  function put(page, where) {
    const made = page.sessions.map((one, index) => {
      const card = sessionCard(one, page.counts[index], names);
      const shown = rows.get(one.id);
      if (shown === undefined) {
        rows.set(one.id, card);
        return card;
      }
      replace(shown, card);
      return null;
    });
    where.call(list, ...made.filter((one) => one !== null));
  }

  put(first, list.append);
  if (first.sessions.length === 0) note.append(empty());
  let next = first.next;
  const more = moreButton(async () => {
    const page = await get("/v1/sessions", { ...asked, after: next });
    next = page.next;
    put(page, list.append);
    if (next === null) more.remove();
    rows.get(page.sessions[0]?.id)?.querySelector("a").focus();
  });
  if (next !== null) list.after(more);

  return async () => {
    const page = await get("/v1/sessions", asked);
    if (!stage.isShown()) return;
    if (page.sessions.length > 0) note.replaceChildren();
    put(page, list.prepend);
  };
}

// A card in the place of what was there, unless they are the same: focus stays.
function replace(old, card) {
  if (old.isEqualNode(card)) return;
  const hadFocus = old.contains(document.activeElement);
  old.replaceChildren(...card.childNodes);
  if (hadFocus) old.querySelector("a").focus();
}

function filters(projects, project) {
  const select = projectChoice(projects, project);
  select.addEventListener("change", () => {
    location.hash = place("sessions", "", { project: select.value });
  });
  return el("div", { class: "filters" }, field("Project", select));
}

function titleOfSession(session) {
  const said = session.title || session.externalSessionId || session.contentSessionId;
  return start(said || "Without a name", 120);
}

function agentOf(session) {
  const parts = [session.platformSource ?? "unknown agent", session.agentType];
  return start(parts.filter(Boolean).join(" · "), 120);
}

function held(counts) {
  return `${amount(counts.events, "event")}, ${amount(counts.memories, "memory", "memories")}`;
}

function sessionCard(session, counts, names) {
  return el(
    "article",
    { class: "card" },
    kicker(agentOf(session), names.get(session.projectId), session.status),
    el(
      "h2",
      {},
      el("a", { href: place("sessions", session.id) }, theirs(titleOfSession(session))),
    ),
    verdictLine(session.coverage),
    el(
      "p",
      { class: "faint" },
      "Began ",
      when(session.startedAtEpoch),
      ` · ${held(counts)}`,
    ),
  );
}

function empty() {
  return notice(
    "No session is kept yet.",
    "A session begins with the first event of an agent: ",
    command("claude-mem install"),
    " lets one report here.",
  );
}

export async function showSession(stage, route) {
  const { session, counts } = await get(`/v1/sessions/${encodeURIComponent(route.id)}`);
  const [{ project }, told] = await Promise.all([
    get(`/v1/projects/${encodeURIComponent(session.projectId)}`),
    post("/v1/search", {
      projectId: session.projectId,
      sessionId: [session.id],
      limit: MOST,
    }),
  ]);
  if (!stage.isShown()) return null;
  const memories = told.memories.reverse();
  stage.main.replaceChildren(
    el("p", { class: "back" }, el("a", { href: place("sessions") }, "All sessions")),
    heading(titleOfSession(session)),
    el(
      "section",
      {},
      el("h2", {}, "Is all of it held?"),
      verdictLine(session.coverage),
      session.coverage && numbers(session.coverage),
      verdict(session.coverage).state === "good" ? "" : cure(session),
    ),
    el(
      "section",
      {},
      el("h2", {}, "What is known of it"),
      facts([
        ["Agent", agentOf(session)],
        ["Project", project.name],
        ["State", session.status],
        ["Began", when(session.startedAtEpoch)],
        ["Ended", session.completedAtEpoch && when(session.completedAtEpoch)],
        ["Held", held(counts)],
        ["The agent's id", session.externalSessionId ?? session.contentSessionId],
      ]),
    ),
    el(
      "section",
      {},
      el("h2", {}, "What was remembered, in order"),
      ...story(memories),
    ),
  );
  return null;
}

function story(memories) {
  if (memories.length === 0) return [el("p", {}, "Nothing yet.")];
  const lines = memories.map((one) =>
    el(
      "li",
      {},
      el(
        "p",
        { class: "faint" },
        whenOf(one),
        ` · ${one.kind} · `,
        theirs(start(one.type, 60)),
      ),
      el("p", {}, el("a", { href: place("memories", one.id) }, theirs(titleOf(one)))),
    ),
  );
  const note =
    memories.length === MOST
      ? [el("p", { class: "faint" }, `The latest ${MOST} are shown.`)]
      : [];
  return [...note, el("ol", { class: "story" }, ...lines)];
}
