# SPDX-License-Identifier: Apache-2.0
"""What would become of an event, for who looks for a fault: nothing of it is kept."""

from __future__ import annotations

import json
from typing import Any

from claude_mem_cli.hook.place import Place
from claude_mem_cli.hook.post import NoAnswerError, post

DRY_RUN = "X-Claude-Mem-Dry-Run"


def run(where: Place, path: str, body: bytes, until: float) -> str:
    """How far the event would get, as JSON.

    `folder` is the data folder; `url` the server, where one runs; `hasKey` whether
    there is a key to show; `status` and `said` what the server answered, or `failure`
    why it did not.
    """
    told: dict[str, Any] = {"folder": where.folder, "hasKey": where.key is not None}
    if where.host is None:
        return json.dumps(told)
    told["url"] = f"http://{where.host}:{where.port}"
    key = {"Authorization": f"Bearer {where.key}"} if where.key else {}
    headers = {**key, DRY_RUN: "1"}
    try:
        answer = post(where.host, where.port, path, body, headers, until=until)
        said = json.loads(answer.body)
    except (NoAnswerError, ValueError) as error:
        return json.dumps({**told, "failure": str(error)})
    return json.dumps({**told, "status": answer.status, "said": said})
