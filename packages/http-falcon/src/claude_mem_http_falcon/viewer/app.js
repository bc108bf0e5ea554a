// SPDX-License-Identifier: Apache-2.0
// The page: which view is shown, and when it looks for what is new.

import * as api from "./api.js";
import { showDoor } from "./door.js";
import { showMemories } from "./memories.js";
import { showMemory } from "./memory.js";
import { problemNotice } from "./pieces.js";
import { showServer } from "./server.js";
import { showSession, showSessions } from "./sessions.js";

const EVERY = 5_000; // milliseconds between two looks, while somebody looks at the page

const main = document.getElementById("main");
const status = document.getElementById("status");

const VIEWS = {
  memories: (route) => (route.id ? showMemory : showMemories),
  sessions: (route) => (route.id ? showSession : showSessions),
  server: () => showServer,
};

let turn = 0; // of the view that is shown: what an older one still fetched is dropped
let refresh = null;
let timer = 0;

// What a view has of the page: where it writes, and whether it is still the one shown.
function stage() {
  const own = turn;
  return {
    main,
    isShown: () => own === turn,
    say: (text) => {
      if (own === turn) status.textContent = text;
    },
  };
}

function routeOf(hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view, id] = path.split("/", 2);
  return {
    view: Object.hasOwn(VIEWS, view) ? view : "memories",
    id: id ? decoded(id) : "",
    parameters: Object.fromEntries(new URLSearchParams(query ?? "")),
  };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function show() {
  turn += 1;
  refresh = null;
  clearTimeout(timer);
  status.textContent = "";
  if (api.key() === null) {
    openDoor("");
    return;
  }
  const route = routeOf(location.hash);
  mark(route.view);
  const place = stage();
  try {
    const looks = await VIEWS[route.view](route)(place, route);
    if (!place.isShown()) return;
    refresh = looks;
    focusHeading();
    later(EVERY);
  } catch (error) {
    if (place.isShown()) fail(error);
  }
}

function mark(view) {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#/${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function focusHeading() {
  const heading = main.querySelector("h1");
  // Whoever is at work in a field of the page stays there.
  if (heading && !main.contains(document.activeElement))
    heading.focus({ preventScroll: true });
}

// A view that could not be shown: told, and tried again where that may help.
function fail(error) {
  if (!(error instanceof api.Problem)) throw error;
  if (error.status === 401) {
    closed();
    return;
  }
  main.replaceChildren(problemNotice(error));
  if ([0, 429, 503].includes(error.status)) {
    refresh = show;
    later(Math.max(EVERY, error.after * 1000));
  }
}

function closed() {
  api.forgetKey();
  turn += 1;
  openDoor("This key counts for nothing: it has ended, was revoked, or never was one.");
}

function openDoor(why) {
  mark("");
  showDoor(main, why, show);
  focusHeading();
}

function later(millis) {
  clearTimeout(timer);
  timer = setTimeout(look, millis);
}

async function look() {
  if (refresh === null || document.visibilityState !== "visible") return;
  const own = turn;
  let pause = EVERY;
  try {
    await refresh();
    if (own === turn) status.classList.remove("is-bad");
  } catch (error) {
    if (own !== turn) return;
    if (!(error instanceof api.Problem)) throw error;
    if (error.status === 401) {
      closed();
      return;
    }
    status.classList.add("is-bad");
    status.textContent = problemNotice(error).textContent;
    pause = Math.max(EVERY, error.after * 1000);
  }
  if (own === turn) later(pause);
}

async function letIn(code) {
  try {
    await api.enter(code);
  } catch (error) {
    if (!(error instanceof api.Problem)) throw error;
    turn += 1;
    openDoor(
      error.status
        ? `${error.message}.`
        : "The server does not answer. Start it, and run claude-mem viewer again.",
    );
    return;
  }
  await show();
}

// A code opens the door once. It leaves the address before anything else happens, so
// that neither the history nor a copied address has it.
function arrive() {
  const code = /^#code=(.+)$/.exec(location.hash);
  if (code === null) return show();
  history.replaceState(null, "", location.pathname);
  api.forgetKey();
  return letIn(decoded(code[1]));
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the part after # says which view is shown
  main.focus();
});
addEventListener("hashchange", () => {
  scrollTo(0, 0);
  arrive();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") later(0);
});
arrive();
