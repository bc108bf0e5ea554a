// SPDX-License-Identifier: Apache-2.0
// How much of what happened is kept, in words: nobody has to tell colours apart.

import { command, facts } from "./pieces.js";
import { amount, count, el, percent, when } from "./text.js";

const ABOUT = "prompts and calls of tools";

// A sentence, and whether it is well.
export function verdict(coverage) {
  if (coverage === null)
    return { state: "unknown", text: "Not compared with its transcript yet" };
  if (coverage.missing > 0) {
    return {
      state: "bad",
      text: `Incomplete: ${count(coverage.missing)} of ${count(coverage.seen)} ${ABOUT} are missing`,
    };
  }
  if (coverage.seen === 0)
    return { state: "good", text: `Complete: its transcript has no ${ABOUT}` };
  return {
    state: "good",
    text: `Complete: all ${count(coverage.seen)} ${ABOUT} are held`,
  };
}

export function verdictLine(coverage) {
  const { state, text } = verdict(coverage);
  return el("p", { class: `verdict is-${state}` }, text);
}

// The same of all sessions of the server, in one line; nothing where none was compared.
export function totalLine(coverage) {
  if (coverage === null || coverage.sessions === 0) return null;
  const { sessions, seen, missing } = coverage;
  const held =
    missing > 0
      ? `${count(missing)} of ${count(seen)} ${ABOUT} are missing`
      : `none of ${count(seen)} ${ABOUT} is missing`;
  return el(
    "p",
    {},
    `Of ${amount(sessions, "session")} on this server that were compared with their transcripts, ${held}.`,
  );
}

export function numbers(coverage) {
  return facts([
    ["In the transcript", amount(coverage.seen, "prompt or call", "prompts and calls")],
    ["Held as a hook reported them", count(coverage.live)],
    ["Filled in from the transcript", count(coverage.filled)],
    ["Missing", count(coverage.missing)],
    ["Held in all", percent(coverage.ratio)],
    ["Compared", coverage.reconciledAtEpoch ? when(coverage.reconciledAtEpoch) : null],
    [
      "Sessions compared",
      coverage.sessions === undefined ? null : count(coverage.sessions),
    ],
  ]);
}

// What to do about a session that is not held whole.
export function cure(session) {
  const name = session.externalSessionId ?? session.contentSessionId ?? "";
  // A name that a shell would read otherwise is not put into a command.
  const plain = /^[\w.-]+$/.test(name) ? ` ${name}` : "";
  return el(
    "p",
    {},
    "Fill in what is missing, on the machine that has the transcript: ",
    command(`claude-mem reconcile${plain}`),
  );
}
