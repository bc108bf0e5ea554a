# SPDX-License-Identifier: Apache-2.0
"""Writers and readers agree on which project a folder is of."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AgentEventCapture
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.memory_item import MemoryItemDraft
from claude_mem_core.domain.project import Project, ProjectDraft
from claude_mem_core.domain.project_identity import ProjectAlias, ProjectFacts
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.server_session import ServerSessionDraft, SessionKey
from claude_mem_core.domain.whereabouts import Whereabouts
from claude_mem_core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from claude_mem_core.runtime import Runtime

ME = Principal.local()
HUB = "https://github.com/me/app"


def repository(
    top: str, *remotes: str, folder: str | None = None, git: str = ""
) -> ProjectFacts:
    """What a client says of a working copy."""
    return ProjectFacts(
        folder=folder or top,
        top_level=top,
        common_dir=git or f"{top}/.git",
        remotes=remotes,
        looked=True,
    )


class Told:
    """A client that tells facts, hooks that name a folder, and readers."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.hooks = 0

    def client(self, facts: ProjectFacts, session: str | None = None) -> str:
        key = (
            SessionKey(content_session_id=session, any_platform=True)
            if session
            else None
        )
        told = Whereabouts(facts=facts, session=key)
        return self.runtime.projects.identify(told, by=ME).project.id

    def hook(self, folder: str | None, session: str | None = None) -> str:
        self.hooks += 1
        seen = AgentEventCapture(
            source_type="hook",
            event_type="note",
            occurred_at_epoch=self.hooks,
            content_session_id=session or f"hook-{self.hooks}",
            root_path=folder,
        )
        return self.runtime.events.capture(seen, by=ME).event.project_id

    def reader(self, facts: ProjectFacts) -> str | None:
        found = self.runtime.projects.resolve(facts, by=ME)
        return found.id if found else None

    def projects(self) -> list[Project]:
        return list(self.runtime.projects.list(by=ME))


@pytest.fixture
def told(runtime: Runtime) -> Told:
    return Told(runtime)


def test_two_clones_and_a_worktree_are_one_project(told: Told) -> None:
    first = told.client(repository("/home/me/app", "git@github.com:me/app.git"))

    assert told.client(repository("/srv/copy", "https://x@github.com/Me/App")) == first
    apart = repository("/home/me/apart", HUB, git="/home/me/app/.git")
    assert told.client(apart) == first
    for folder in ("/home/me/app/src", "/srv/copy", "/home/me/apart/src/deep"):
        assert told.hook(folder) == first
        assert told.reader(ProjectFacts(folder=folder)) == first
    assert [one.name for one in told.projects()] == ["app"]


def test_two_repositories_with_one_name_are_two_projects(told: Told) -> None:
    mine = told.client(repository("/home/me/app", HUB))
    theirs = told.client(repository("/srv/app", "https://github.com/they/app"))

    assert mine != theirs
    assert [told.hook("/home/me/app"), told.hook("/srv/app")] == [mine, theirs]
    assert [one.name for one in told.projects()] == ["app", "app"]
    assert len({one.slug for one in told.projects()}) == 2


def test_a_name_ends_where_a_folders_name_ends(told: Told) -> None:
    told.client(repository("/home/me/app", HUB))

    assert told.reader(ProjectFacts(folder="/home/me/app-two")) is None


def test_a_repository_that_gets_a_remote_later_stays_one_project(told: Told) -> None:
    by_hook = told.hook("/home/me/app/src")
    before = told.client(repository("/home/me/app", folder="/home/me/app/src"))
    after = told.client(repository("/home/me/app", HUB))

    assert by_hook == before == after
    assert told.client(repository("/srv/copy", HUB)) == before


def test_a_folder_that_holds_another_repository_now_is_another_project(
    told: Told,
) -> None:
    first = told.client(repository("/workspace", HUB))
    second = told.client(repository("/workspace", "https://github.com/me/other"))

    assert first != second
    assert told.hook("/workspace/src") == second
    assert told.client(repository("/elsewhere", HUB)) == first


def test_what_a_hook_made_of_a_subfolder_is_the_repositorys_when_a_client_looks(
    told: Told,
) -> None:
    whole = told.client(repository("/home/me/app", HUB))
    told.runtime.projects.identify(
        Whereabouts(facts=ProjectFacts(folder="/home/me/app/src", looked=True)), by=ME
    )
    assert told.hook("/home/me/app/src") != whole

    told.client(repository("/home/me/app", HUB, folder="/home/me/app/src"))

    assert told.hook("/home/me/app/src") == whole


def test_a_fork_joins_what_it_is_a_fork_of(told: Told) -> None:
    whole = told.client(repository("/srv/app", HUB))
    fork = repository("/home/me/app", "https://github.com/fork/app", HUB)

    assert told.client(fork) == whole
    assert told.client(repository("/x/app", "https://github.com/fork/app")) == whole


@pytest.mark.parametrize("wide", ["/", "/home/me", "/tmp", "C:\\Users\\me"])  # noqa: S108
def test_a_home_holds_no_other_folder(told: Told, wide: str) -> None:
    home = told.client(ProjectFacts(folder=wide, looked=True))
    below = f"{wide.rstrip('/')}/app" if "/" in wide else f"{wide}\\app"

    assert told.hook(wide) == home
    assert told.hook(below) != home


def test_a_home_that_is_in_git_holds_no_other_folder(told: Told) -> None:
    home = told.client(repository("/home/me"))

    assert told.hook("/home/me") == home
    assert told.hook("/home/me/app") != home


def test_a_folder_of_repositories_takes_none_of_them(told: Told) -> None:
    work = told.hook("/home/me/code")

    assert told.hook("/home/me/code/app") != work


def test_a_repository_in_a_repository_is_its_own(told: Told) -> None:
    outer = told.client(repository("/home/me/app", HUB))
    inner = told.client(repository("/home/me/app/vendor/lib"))

    assert inner != outer
    assert told.hook("/home/me/app/vendor/lib/src") == inner
    assert told.hook("/home/me/app/vendor") == outer


def test_a_session_decides_before_its_folder(told: Told) -> None:
    first = told.hook("/home/me/one", "s")

    assert told.hook("/home/me/two", "s") == first
    assert told.client(repository("/home/me/two", HUB), "s") == first
    facts = {"project_facts": repository("/home/me/three"), "content_session_id": "s"}
    start = ServerSessionDraft.model_validate(facts)
    assert told.runtime.sessions.start(start, by=ME).session.project_id == first


def test_a_session_that_is_started_with_facts_links_their_folder(told: Told) -> None:
    facts = repository("/home/me/app", HUB)
    draft = ServerSessionDraft(project_facts=facts, content_session_id="new")

    started = told.runtime.sessions.start(draft, by=ME)

    assert started.created
    assert told.hook("/home/me/app/src") == started.session.project_id


def test_what_a_person_says_comes_first(told: Told) -> None:
    whole = told.client(repository("/mono", HUB))
    part = told.runtime.projects.create(ProjectDraft(name="Billing"), by=ME).id
    told.runtime.projects.alias(part, ProjectAlias(of="/mono/billing"), by=ME)

    assert told.client(repository("/mono", HUB, folder="/mono/billing/src")) == part
    assert told.hook("/mono/billing/api") == part
    assert told.client(repository("/mono", HUB, folder="/mono/shop")) == whole
    assert told.hook("/mono/shop") == whole


def test_an_alias_joins_two_clones_of_which_nobody_knows_a_remote(told: Told) -> None:
    first = told.hook("/home/me/app")
    told.runtime.projects.alias(first, ProjectAlias(of="/srv/app"), by=ME)
    told.runtime.projects.alias(first, ProjectAlias(of=HUB), by=ME)

    assert told.hook("/srv/app/src") == first
    assert told.client(repository("/x/app", "git@github.com:me/app")) == first
    kept = told.runtime.projects.identities(first, by=ME)
    assert ("git:github.com/me/app", "user") in [(one.key, one.proof) for one in kept]


def test_a_name_settles_it_and_proves_nothing(told: Told) -> None:
    named = repository("/home/me/app", HUB).changed(name="Tide Pool")
    made = told.client(named)

    assert told.client(ProjectFacts(name="tide-pool")) == made
    assert told.hook("/home/me/app") != made
    assert [one.slug for one in told.projects()] == ["tide-pool", "app"]


def test_reading_makes_no_project_and_links_none(told: Told) -> None:
    asked = {"project_facts": repository("/home/me/app", HUB)}

    assert told.reader(asked["project_facts"]) is None
    with pytest.raises(NotFoundError, match="app"):
        told.runtime.recall.search(SearchQuery(query="x", **asked), by=ME)
    with pytest.raises(NotFoundError):
        told.runtime.context.pack(ContextQuery(**asked), by=ME)
    assert told.projects() == []


def test_a_question_with_facts_is_answered_from_their_project(told: Told) -> None:
    project_id = told.client(repository("/home/me/app", HUB))
    words = {"kind": "manual", "type": "decision", "title": "The lamp turns clockwise"}
    draft = MemoryItemDraft.model_validate({"project_id": project_id, **words})
    told.runtime.memories.add(draft, by=ME)
    facts = ProjectFacts(folder="/home/me/app/src")

    found = told.runtime.recall.search(
        SearchQuery(project_facts=facts, query="lamp"), by=ME
    )
    pack = told.runtime.context.pack(ContextQuery(project_facts=facts), by=ME)

    assert [hit.item.title for hit in found.hits] == ["The lamp turns clockwise"]
    assert pack.project_id == project_id
    assert "lamp" in pack.context


def test_a_limited_key_has_its_own_project_and_links_nothing(told: Told) -> None:
    own = told.runtime.projects.create(ProjectDraft(name="Own"), by=ME)
    other = told.client(repository("/home/me/app", HUB))
    limited = Principal(team_id=ME.team_id, project_id=own.id)
    told_facts = Whereabouts(facts=repository("/home/me/app", HUB))

    found = told.runtime.projects.identify(told_facts, by=limited)

    assert found.project == own
    assert told.runtime.projects.resolve(told_facts.facts, by=limited) == own
    assert told.hook("/home/me/app") == other
    with pytest.raises(ForbiddenError):
        told.runtime.projects.alias(own.id, ProjectAlias(of="/x"), by=limited)
    with pytest.raises(ForbiddenError):
        told.runtime.projects.identities(other, by=limited)


def test_two_teams_share_no_project(told: Told) -> None:
    ours = told.client(repository("/home/me/app", HUB))

    with pytest.raises(NotFoundError):
        told.runtime.projects.identities(ours, by=Principal(team_id="strangers"))
    stranger = Principal(team_id="strangers")
    facts = repository("/home/me/app", HUB)
    assert told.runtime.projects.resolve(facts, by=stranger) is None


def test_a_root_path_that_stands_for_a_project_is_taken(told: Told) -> None:
    told.client(repository("/home/me/app", HUB))

    with pytest.raises(ConflictError, match="rootPath: '/home/me/app/' has a project"):
        told.runtime.projects.create(
            ProjectDraft(name="Mine", root_path="/home/me/app/"), by=ME
        )


def test_an_alias_of_what_is_no_place_is_told(told: Told) -> None:
    own = told.runtime.projects.create(ProjectDraft(name="Own"), by=ME)

    with pytest.raises(InvalidInputError, match="neither an absolute path nor"):
        told.runtime.projects.alias(own.id, ProjectAlias(of="app"), by=ME)


def test_a_question_names_its_project_in_one_way() -> None:
    facts = {"folder": "/x"}
    for wrong in ({}, {"projectId": "p", "projectFacts": facts}):
        with pytest.raises(InvalidInputError, match="is needed"):
            SearchQuery.from_wire({"query": "x", **wrong})
