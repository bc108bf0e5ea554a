#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hands a hook's JSON on and prints the answer. Whatever happens, it ends well within two
# seconds: an agent must not wait for its memory, nor be stopped by it.
#   hook.sh codex PostToolUse < payload.json
answer=$(curl --silent --fail --max-time 2 "$CLAUDE_MEM_URL/hooks/$1/$2" \
  --header "Authorization: Bearer $CLAUDE_MEM_API_KEY" \
  --header 'Content-Type: application/json' --data-binary @-) || answer='{}'
printf '%s\n' "$answer"
