// SPDX-License-Identifier: Apache-2.0
// Stored text comes from agents and their tools. It becomes text nodes and nothing else,
// and what would act on a reader unseen is shown by its number.

// C0 without newline and tab, DEL and C1, the marks that turn the direction of writing,
// what has no width, tags, the separators of lines, and halves of surrogate pairs.
const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

const STEP = 20_000; // characters that a browser lays out at once without a pause

export function visible(text) {
  return String(text).replaceAll("\r\n", "\n").replace(UNSAFE, escaped);
}

function escaped(character) {
  const number = character.codePointAt(0).toString(16);
  return number.length > 4 ? `\\u{${number}}` : `\\u${number.padStart(4, "0")}`;
}

// An element. Attributes are ours alone; children are elements, or text of anybody's.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : visible(child));
    }
  }
  return element;
}

// A place of this page: whatever the parts are, it leads nowhere else.
export function place(view, id = "", parameters = {}) {
  const said = Object.entries(parameters).filter(([, value]) => value);
  const query = new URLSearchParams(said).toString();
  const path = id ? `${view}/${encodeURIComponent(id)}` : view;
  return `#/${path}${query ? `?${query}` : ""}`;
}

// Somebody's text in its own direction, so that it turns nothing beside it.
export function theirs(text, tag = "span", attributes = {}) {
  return el(tag, { dir: "auto", ...attributes }, text);
}

// Text of any length: the start of it, and the rest as it is asked for.
export function long(text, attributes = {}) {
  const whole = String(text);
  const body = theirs(cut(whole, 0), "p", { class: "prose", ...attributes });
  if (whole.length <= STEP) return body;
  let shown = STEP;
  const more = el("button", { type: "button" });
  const tell = () => {
    more.textContent = `Show more (${count(whole.length - shown)} characters left)`;
  };
  more.addEventListener("click", () => {
    body.append(cut(whole, shown));
    shown += STEP;
    if (shown >= whole.length) more.remove();
    else tell();
  });
  tell();
  return el("div", {}, body, more);
}

function cut(text, from) {
  return visible(text.slice(between(text, from), between(text, from + STEP)));
}

// The nearest place at which no pair of surrogates is torn.
function between(text, index) {
  return /[\udc00-\udfff]/.test(text[index] ?? "") ? index - 1 : index;
}

// The first characters of a text, and a mark where there was more.
export function start(text, most) {
  const whole = String(text);
  return whole.length <= most
    ? whole
    : `${whole.slice(0, between(whole, most)).trimEnd()}…`;
}

export function count(number) {
  return number.toLocaleString("en");
}

export function amount(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

const FORMAT = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
});

export function when(epoch) {
  const moment = new Date(epoch);
  return el("time", { datetime: moment.toISOString() }, FORMAT.format(moment));
}

// The part of what was seen that is kept: never 100 % by rounding.
export function percent(ratio) {
  return `${Math.floor(ratio * 1000) / 10} %`;
}
