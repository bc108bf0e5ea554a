// SPDX-License-Identifier: Apache-2.0
// OpenCode: reports to claude-mem what happens, and tells the model what is known.
// Put it into ~/.config/opencode/plugins; CLAUDE_MEM_URL and CLAUDE_MEM_API_KEY say where.

const LONGEST_WAIT = 2000

async function post(event, payload) {
  try {
    const answer = await fetch(`${process.env.CLAUDE_MEM_URL}/hooks/opencode/${event}`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${process.env.CLAUDE_MEM_API_KEY}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify(payload),
      signal: AbortSignal.timeout(LONGEST_WAIT),
    })
    return answer.ok ? await answer.json() : {}
  } catch {
    return {} // The memory is not there: the work goes on without it.
  }
}

export const ClaudeMem = async ({ directory }) => {
  const known = new Map() // What a session was told at its start, for each of its requests.
  const texts = new Map() // The text of a message while it grows.
  const report = (event, payload) => post(event, { directory, ...payload })

  return {
    event: async ({ event }) => {
      const { type, properties } = event
      if (type === "session.created") {
        const told = await report(type, { type, properties })
        known.set(properties.info.id, told.context ?? "")
      } else if (type === "message.part.updated" && properties.part.type === "text") {
        texts.set(properties.part.messageID, properties.part.text)
      } else if (type === "message.part.updated" && properties.part.state?.status === "error") {
        await report(type, { type, properties }) // A tool that throws has no "tool.execute.after".
      } else if (type === "message.updated" && properties.info.role === "assistant" && properties.info.time?.completed) {
        const text = texts.get(properties.info.id)
        texts.delete(properties.info.id)
        if (text) await report(type, { type, properties, text, source_event_id: properties.info.id })
      } else if (type === "session.idle" || type === "session.deleted" || type === "session.compacted") {
        await report(type, { type, properties })
      }
    },
    "chat.message": async (input, output) => {
      const prompt = output.parts.filter((one) => one.type === "text" && !one.synthetic).map((one) => one.text).join("\n")
      const messageID = input.messageID ?? output.message.id
      texts.delete(messageID)
      const { context } = await report("chat.message", { ...input, messageID, prompt })
      if (context) known.set(input.sessionID, `${known.get(input.sessionID) ?? ""}\n${context}`.trim())
    },
    "tool.execute.after": async (input, output) => {
      const { title, output: printed, metadata } = output
      const { context } = await report("tool.execute.after", { ...input, title, output: printed, metadata })
      if (context) output.output = `${printed}\n\n${context}`
    },
    "experimental.chat.system.transform": async (input, output) => {
      const told = known.get(input.sessionID)
      if (told) output.system.push(told)
    },
  }
}
