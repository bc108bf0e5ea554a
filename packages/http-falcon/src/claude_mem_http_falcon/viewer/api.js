// SPDX-License-Identifier: Apache-2.0
// The server, asked with the key of this tab.

const KEY = "claude-mem.key";

// What went wrong, as the server told it; status 0 is a server that does not answer.
export class Problem extends Error {
  constructor(status, told = {}, after = 0) {
    super(told.message ?? "");
    this.status = status;
    this.issues = told.issues ?? [];
    this.requestId = told.requestId ?? "";
    this.after = after;
  }
}

// Kept for this tab alone, and gone with it.
export function key() {
  const kept = sessionStorage.getItem(KEY);
  return kept === null ? null : JSON.parse(kept);
}

export function keepKey(text, endsAt = null) {
  sessionStorage.setItem(KEY, JSON.stringify({ text, endsAt }));
}

export function forgetKey() {
  sessionStorage.removeItem(KEY);
}

export async function get(path, parameters = {}) {
  const said = Object.entries(parameters).filter(([, value]) => value);
  const query = new URLSearchParams(said).toString();
  return answer("GET", query ? `${path}?${query}` : path);
}

export async function post(path, body) {
  return answer("POST", path, body);
}

// The key for a code that is good once.
export async function enter(code) {
  const made = await answer("POST", "/v1/viewer/sessions", { code }, false);
  keepKey(made.apiKey, made.expiresAtEpoch);
}

async function answer(method, path, body, withKey = true) {
  const headers = {};
  const held = key();
  if (withKey && held !== null) headers.Authorization = `Bearer ${held.text}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
  } catch {
    throw new Problem(0);
  }
  return read(response);
}

async function read(response) {
  let told;
  try {
    told = await response.json();
  } catch {
    throw new Problem(response.ok ? 0 : response.status);
  }
  if (response.ok) return told;
  throw new Problem(response.status, told, Number(response.headers.get("Retry-After")));
}
