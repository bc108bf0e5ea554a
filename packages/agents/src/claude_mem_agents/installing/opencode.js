// SPDX-License-Identifier: Apache-2.0
// claude-mem: reports what happens in OpenCode, and tells the model what is known.
// Nothing of it stops OpenCode: what fails is left out, and a wait has an end.
import { spawn } from "node:child_process"

const LONGEST_WAIT = 6000

// The hook command's answer to one event; it finds the server, or keeps the event.
const hook = (event, payload, options) =>
  new Promise((done) => {
    try {
      const [program, ...words] = HOOK
      const stdio = ["pipe", "pipe", "ignore"]
      const settings = { cwd: payload.directory, stdio, timeout: LONGEST_WAIT, windowsHide: true }
      const child = spawn(program, [...words, event, ...options, DATA], settings)
      let said = ""
      child.stdout.on("data", (part) => (said += part))
      child.stdin.on("error", () => {})
      child.on("error", () => done({}))
      child.on("close", () => {
        try {
          done(JSON.parse(said))
        } catch {
          done({})
        }
      })
      child.stdin.end(JSON.stringify(payload))
    } catch {
      done({})
    }
  })

export const ClaudeMem = async ({ directory }) => {
  const told = new Map() // What a session is told, before each request of its model.
  const texts = new Map() // The text of a message, while it grows.
  const helpers = new Map() // The session that a helper's session works for.
  let last = Promise.resolve({})

  // One after the other, so that they arrive in the order in which they happened.
  const report = (event, payload, ...options) => {
    const all = { directory, timestamp: Date.now(), ...payload }
    last = last.then(() => hook(event, all, options))
    return last
  }
  const begin = (id, payload) => {
    if (!told.has(id)) told.set(id, report("session.created", payload, "--start", "--reconcile").then((one) => one.context ?? ""))
    return told.get(id)
  }
  const tell = async (id, text) => {
    if (text) told.set(id, Promise.resolve(`${(await told.get(id)) ?? ""}\n${text}`.trim()))
  }
  // What a helper does belongs to the session that it works for.
  const whose = (id) => (helpers.has(id) ? { sessionID: helpers.get(id), agent_id: id } : { sessionID: id })

  const onEvent = {
    "session.created": ({ info }, whole) => {
      if (info.parentID) helpers.set(info.id, helpers.get(info.parentID) ?? info.parentID)
      else begin(info.id, whole)
    },
    "message.part.updated": ({ part }, whole) => {
      if (part.type === "text") texts.set(part.messageID, part.text)
      // A tool that throws has no "tool.execute.after".
      if (part.type === "tool" && part.state.status === "error")
        report(whole.type, { ...whole, ...whose(part.sessionID) }, "--no-answer")
    },
    "message.updated": ({ info }, whole) => {
      if (info.role !== "assistant" || !info.time?.completed) return
      const text = texts.get(info.id)
      texts.delete(info.id)
      if (text && !helpers.has(info.sessionID))
        report(whole.type, { ...whole, text, source_event_id: info.id }, "--no-answer")
    },
    "session.idle": ({ sessionID }, whole) => {
      if (!helpers.has(sessionID)) report(whole.type, whole, "--no-answer")
    },
    "session.compacted": ({ sessionID }, whole) => {
      if (!helpers.has(sessionID)) report(whole.type, whole, "--no-answer")
    },
    "session.deleted": ({ info }, whole) => {
      if (!helpers.delete(info.id)) report(whole.type, whole, "--no-answer")
      told.delete(info.id)
    },
  }
  const never = (deed) => async (...given) => {
    try {
      await deed(...given)
    } catch {} // The memory is not worth an error in a session.
  }

  return {
    event: never(({ event }) => onEvent[event.type]?.(event.properties, { type: event.type, properties: event.properties })),
    "chat.message": never(async ({ sessionID, messageID, agent, model }, { message, parts }) => {
      texts.delete(message.id)
      if (helpers.has(sessionID)) return
      // A session that was begun by an earlier process begins anew in this one.
      await begin(sessionID, { type: "session.created", properties: { sessionID, info: { id: sessionID, directory } } })
      const prompt = parts.filter((one) => one.type === "text" && !one.synthetic).map((one) => one.text).join("\n")
      const said = { sessionID, messageID: messageID ?? message.id, agent, model: model ?? message.model, prompt }
      await tell(sessionID, (await report("chat.message", said)).context)
    }),
    "tool.execute.after": never(async (input, output) => {
      const { title, output: printed, metadata } = output
      const said = { ...input, title, output: printed, metadata, ...whose(input.sessionID) }
      const failed = Boolean(metadata?.exit)
      const answer = report("tool.execute.after", said, ...(failed ? [] : ["--no-answer"]))
      // Only what failed is waited for, as only then something may be told.
      const { context } = failed ? await answer : {}
      if (context) output.output = `${printed}\n\n${context}`
    }),
    "experimental.chat.system.transform": never(async ({ sessionID }, { system }) => {
      const known = await told.get(sessionID)
      if (known) system.push(known)
    }),
    dispose: never(() => last),
  }
}
