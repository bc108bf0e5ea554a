// SPDX-License-Identifier: Apache-2.0
// OpenClaw: reports to claude-mem what happens, and tells the model what is known.
// A plugin's entry; CLAUDE_MEM_URL and CLAUDE_MEM_API_KEY say where. To see a turn's end it
// needs plugins.entries.claude-mem.hooks.allowConversationAccess.

const LONGEST_WAIT = 2000
const AROUND = ["sessionId", "sessionKey", "agentId", "runId", "workspaceDir", "toolCallId", "modelId"]

async function report(event, payload, ctx = {}) {
  const context = Object.fromEntries(AROUND.filter((name) => ctx[name]).map((name) => [name, ctx[name]]))
  try {
    const answer = await fetch(`${process.env.CLAUDE_MEM_URL}/hooks/openclaw/${event}`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${process.env.CLAUDE_MEM_API_KEY}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ ...payload, context }),
      signal: AbortSignal.timeout(LONGEST_WAIT),
    })
    return answer.ok ? await answer.json() : {}
  } catch {
    return {} // The memory is not there: the work goes on without it.
  }
}

function lastWords(messages = []) {
  const said = messages.filter((one) => one.role === "assistant").at(-1)?.content ?? ""
  if (typeof said === "string") return said
  return said.filter((one) => one.type === "text").map((one) => one.text).join("\n")
}

export default {
  id: "claude-mem",
  name: "claude-mem",
  register(api) {
    api.on("session_start", async ({ sessionId }, ctx) => void (await report("session_start", { sessionId }, ctx)))
    api.on("before_prompt_build", async ({ prompt }, ctx) => {
      const { appendSystemContext } = await report("before_prompt_build", { prompt }, ctx)
      return appendSystemContext ? { appendSystemContext } : undefined
    })
    api.on("after_tool_call", async ({ toolName, params, result, error, durationMs, toolCallId }, ctx) => {
      await report("after_tool_call", { toolName, params, result, error, durationMs, toolCallId }, ctx)
    })
    api.on("agent_end", async ({ messages, success, durationMs }, ctx) => {
      await report("agent_end", { success, durationMs, last_assistant_message: lastWords(messages) }, ctx)
    })
    api.on("session_end", async ({ sessionId, messageCount }, ctx) => void (await report("session_end", { sessionId, messageCount }, ctx)))
  },
}
