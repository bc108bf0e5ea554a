# SPDX-License-Identifier: Apache-2.0
"""Memories from events by rules alone: nothing is made up, all of it was said or seen.

From the words to the memories, each module using those above it:

* `places`, `masking`: where words stand in a stored payload, what is not to be read;
* `markdown`, `prose`: statements, and which of them say something;
* `tools`, `checks`, `signatures`: what calls did, how commands ended, what an error is;
* `evidence`, `prompts`, `asked`: a turn as evidence, the user's own words in it, and
  what they answer or go on with;
* `titles`, `kinds`, `directives`, `choices`, `episodes`, `detours`, `commands`,
  `files`: what to look for, in tables of signs with their reasons;
* `work`, `observation`, `summary`, `unanswered`, `drafts`: the memories of a turn and
  of a session;
* `wording`, `verify`: the fixed forms of sentences, and whether a memory says more than
  its sources show.
"""

from __future__ import annotations
