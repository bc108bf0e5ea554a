// SPDX-License-Identifier: Apache-2.0
// How the server is: its parts, what waits, what failed, how much is held of all.

import { Problem, forgetKey, get, key } from "./api.js";
import { numbers } from "./coverage.js";
import { command, facts, heading, notice } from "./pieces.js";
import { amount, count, el, start, theirs, visible, when } from "./text.js";

const FAILED = 10;
const PARTS = {
  queue: "Queue",
  generationWorker: "Who makes memories",
  providerRegistry: "What makes memories",
  eventBroadcaster: "Event stream",
};

export async function showServer(stage) {
  let told = "";
  const body = el("div");

  async function look() {
    const [info, issues, failed] = await Promise.all([
      get("/v1/info"),
      shortcomings(),
      failedJobs(),
    ]);
    if (!stage.isShown()) return;
    const now = JSON.stringify([info, issues, failed]);
    if (now === told) return;
    told = now;
    body.replaceChildren(
      readiness(info, issues),
      section("Work", work(info)),
      section("Jobs that failed", failures(failed)),
      section("Capture, of all sessions that were compared", covered(info)),
      section("Parts", parts(info)),
      section("This page", own(stage)),
    );
  }

  await look();
  if (!stage.isShown()) return null;
  stage.main.replaceChildren(heading("Server"), body);
  return look;
}

// Why it is not ready: an empty list when it is.
async function shortcomings() {
  try {
    await get("/readyz");
    return [];
  } catch (error) {
    if (error instanceof Problem && error.status === 503) return error.issues;
    throw error;
  }
}

// The jobs that failed last; null where the key may not see them.
async function failedJobs() {
  try {
    return (await get("/v1/jobs", { status: "failed", limit: FAILED })).jobs;
  } catch (error) {
    if (error instanceof Problem && error.status === 403) return null;
    throw error;
  }
}

function section(title, ...content) {
  return el("section", {}, el("h2", {}, title), ...content);
}

function readiness(info, issues) {
  const lines = issues.map((one) =>
    theirs(`${one.field}: ${one.cause}; ${one.cure}`, "li"),
  );
  const warning = info.privacy.warning && notice(info.privacy.warning);
  const ready = el("p", { class: "verdict is-good" }, "Ready");
  const not = el(
    "div",
    { class: "notice" },
    el("p", {}, "Not ready:"),
    el("ul", { class: "list" }, ...lines),
  );
  return el(
    "div",
    {},
    issues.length > 0 ? not : ready,
    warning,
    facts([
      ["Version", info.version],
      ["Keys", info.authMode],
    ]),
  );
}

function work(info) {
  if (info.queueLanes === null)
    return notice("The store does not answer.", "The server's log says why.");
  const rows = Object.entries(info.queueLanes).map(([name, lane]) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, name),
      el("td", {}, count(lane.depth)),
      el("td", {}, count(lane.failed)),
      el(
        "td",
        {},
        lane.oldestWaitingEpoch === null ? "–" : when(lane.oldestWaitingEpoch),
      ),
    ),
  );
  const head = ["Kind", "Waiting", "Failed", "Oldest"].map((one) =>
    el("th", { scope: "col" }, one),
  );
  const table = el(
    "table",
    {},
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...rows),
  );
  const sum = el(
    "p",
    {},
    info.queueDepth === 0
      ? "No job waits."
      : `${amount(info.queueDepth, "job")} wait or are being done.`,
  );
  return el(
    "div",
    {},
    sum,
    el(
      "div",
      {
        class: "wide",
        tabindex: "0",
        role: "region",
        "aria-label": "Jobs by their kind",
      },
      table,
    ),
  );
}

function failures(jobs) {
  if (jobs === null)
    return el(
      "p",
      {},
      "This key may not see them: it lacks ",
      el("code", {}, "jobs:read"),
      ".",
    );
  if (jobs.length === 0) return el("p", {}, "None.");
  const lines = jobs.map((one) =>
    el(
      "li",
      {},
      el(
        "p",
        { class: "faint" },
        when(one.updatedAtEpoch),
        ` · ${one.kind} · ${one.id}`,
      ),
      theirs(start(reason(one), 500), "p"),
    ),
  );
  return el(
    "div",
    {},
    el("ul", { class: "story" }, ...lines),
    el(
      "p",
      {},
      "To let them wait again: ",
      command("claude-mem server jobs retry --all-failed"),
    ),
  );
}

function reason(job) {
  const error = job.lastError;
  if (error === null || error === undefined) return "It tells no reason.";
  return typeof error === "string" ? error : (error.message ?? JSON.stringify(error));
}

function covered(info) {
  if (info.coverage === null) return el("p", {}, "The store does not answer.");
  if (info.coverage.sessions === 0) {
    return el(
      "p",
      {},
      "No session was compared with its transcript yet: ",
      command("claude-mem reconcile"),
      " does it.",
    );
  }
  return numbers(info.coverage);
}

function parts(info) {
  const boundaries = Object.entries(PARTS).map(([name, title]) => [
    title,
    stateOf(info.boundaries[name]),
  ]);
  const dense =
    info.recall.model === null
      ? "disabled"
      : `${info.recall.dense}: ${info.recall.model.name}`;
  return facts([
    ...boundaries,
    ["Search by words", info.recall.lexical],
    [
      "Search by a model",
      info.recall.reason ? `${dense} (${info.recall.reason})` : dense,
    ],
    ["Servings that the audit log lacks", count(info.audit.unrecorded)],
  ]);
}

function stateOf({ status, details }) {
  const what = details.generator ?? details.engine;
  const named = what ? `${status}: ${visible(what)}` : status;
  return details.reason ? `${named} (${visible(details.reason)})` : named;
}

function own(stage) {
  const held = key();
  const forget = el("button", { type: "button" }, "Forget the key");
  forget.addEventListener("click", () => {
    forgetKey();
    dispatchEvent(new Event("hashchange"));
    stage.say("The key is forgotten.");
  });
  const ends = held?.endsAt
    ? ["Its key ends ", when(held.endsAt), "."]
    : ["It uses a key that was pasted."];
  return el("div", {}, el("p", {}, ...ends), forget);
}
