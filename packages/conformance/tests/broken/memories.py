# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ARG002 - it has the port's signature, and leaves something out
"""Memories that each break one promise."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from claude_mem_conformance.memories import MemoryContract
from claude_mem_conformance.recall import RecallContract
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.memory_item import MemoryKind
from claude_mem_core.domain.paths import all_rooted
from claude_mem_core.domain.search_fields import search_fields
from claude_mem_core.errors import ConflictError, StorageError
from claude_mem_core.reference.memories import InProcessMemories

from broken.registry import breaks


@breaks(MemoryContract.test_outside_the_scope_there_is_no_memory, "memories")
class OfSessionForgetsTheProjectLimit(InProcessMemories):
    def of_session(self, session_id, *, scope, kind):
        return super().of_session(session_id, scope=Scope(scope.team_id), kind=kind)


class _Filtered(InProcessMemories):
    """A search that misses some."""

    def search(self, query, *, scope):
        found = super().search(query, scope=scope)
        kept = [one for one in found.candidates if self._finds(query, one)]
        return replace(found, candidates=kept)

    def _finds(self, query, one):
        raise NotImplementedError


@breaks(
    MemoryContract.test_any_shared_term_finds_and_the_better_fit_is_first, "memories"
)
class OneSharedTermOfThreeIsTooFew(_Filtered):
    def _finds(self, query, one):
        shared = sum(map(any, zip(*one.counts, strict=True)))
        return shared >= 2 or len(query.terms) < 3 or "absent" not in query.terms


@breaks(MemoryContract.test_prose_is_searched, "memories")
class NarrativesAreNotSearched(_Filtered):
    def _finds(self, query, one):
        return self._state.memories[one.item_id].narrative is None


@breaks(MemoryContract.test_lists_are_searched, "memories")
class ConceptsAreNotSearched(_Filtered):
    def _finds(self, query, one):
        # The banana is a concept there, and nothing else.
        return "a banana" not in self._state.memories[one.item_id].concepts


@breaks(MemoryContract.test_a_memory_is_found_under_its_tokens, "memories")
class HangulIsNotSearched(_Filtered):
    def _finds(self, query, one):
        return not any("\uac00" <= term[0] <= "\ud7af" for term in query.terms)


@breaks(MemoryContract.test_occurrences_are_told_field_by_field, "memories")
class AnOccurrenceCountsOnce(InProcessMemories):
    def among(self, item_ids, query, *, scope):
        found = super().among(item_ids, query, scope=scope)
        return [
            one._replace(counts=tuple(tuple(map(bool, own)) for own in one.counts))
            for one in found
        ]


@breaks(MemoryContract.test_a_word_of_very_many_is_counted_nearly, "memories")
class NoMoreThanAThousandAreCounted(InProcessMemories):
    def search(self, query, *, scope):
        found = super().search(query, scope=scope)
        having = tuple(min(1_000, one) for one in found.frequencies.having)
        return replace(found, frequencies=replace(found.frequencies, having=having))


@breaks(MemoryContract.test_those_of_some_that_pass_are_told, "memories")
class ExpiredOnesAreAmongThem(InProcessMemories):
    def among(self, item_ids, query, *, scope):
        every = query.wanted.changed(include_expired=True)
        return super().among(item_ids, query.changed(wanted=every), scope=scope)


@breaks(MemoryContract.test_the_best_of_several_projects_come_first, "memories")
class ProjectsComeOneAfterTheOther(InProcessMemories):
    def search(self, query, *, scope):
        found = super().search(query, scope=scope)
        home = {one.id: one.project_id for one in self._state.memories.values()}
        order = query.wanted.project_ids.index
        by_project = sorted(found.candidates, key=lambda one: order(home[one.item_id]))
        return replace(found, candidates=by_project)


@breaks(MemoryContract.test_no_term_is_an_operator, "memories")
class QuotesAreSyntax(InProcessMemories):
    def search(self, query, *, scope):
        if any('"' in term for term in query.terms):
            raise StorageError("fts5: syntax error")
        return super().search(query, scope=scope)


@breaks(MemoryContract.test_what_was_superseded_is_hidden_and_kept, "memories")
class RecentShowsWhatWasSuperseded(InProcessMemories):
    def recent(self, wanted, *, scope, limit, before=None):
        every = wanted.changed(include_superseded=True)
        return super().recent(every, scope=scope, limit=limit, before=before)


@breaks(MemoryContract.test_what_has_expired_is_hidden_and_kept, "memories")
class RecentShowsWhatHasExpired(InProcessMemories):
    def recent(self, wanted, *, scope, limit, before=None):
        every = wanted.changed(include_expired=True)
        return super().recent(every, scope=scope, limit=limit, before=before)


@breaks(MemoryContract.test_those_after_a_place_come_oldest_first, "memories")
class SinceBeginsWithThePlace(InProcessMemories):
    def since(self, after, wanted, *, scope, limit):
        moment = after._replace(item_id="")
        return super().since(moment, wanted, scope=scope, limit=limit)


@breaks(RecallContract.test_filters_are_those_of_a_model, "memories")
class ConceptsMatchByCase(InProcessMemories):
    def _passes(self, item, wanted):
        meant = not wanted.concept or set(item.concepts) & set(wanted.concept)
        return bool(meant) and super()._passes(item, wanted)


@breaks(RecallContract.test_a_filter_leaves_room_for_what_it_asks_for, "memories")
class SearchIsCutBeforeItIsFiltered(InProcessMemories):
    def search(self, query, *, scope):
        anybody = query.wanted.changed(author=())
        first = super().search(query.changed(wanted=anybody), scope=scope)
        items, wanted = self._state.memories, query.wanted
        passing = (
            c for c in first.candidates if self._passes(items[c.item_id], wanted)
        )
        return replace(first, candidates=list(passing))


@breaks(RecallContract.test_other_times_are_those_of_a_model, "memories")
class WhatIsKnownLaterIsKnownThen(InProcessMemories):
    def _passes(self, item, wanted):
        late = item.superseded_at_epoch
        if wanted.known_at is not None and late is not None and late > wanted.known_at:
            item = item.changed(superseded_at_epoch=wanted.known_at)
        return super()._passes(item, wanted)


@breaks(RecallContract.test_other_times_are_those_of_a_model, "memories")
class WhatIsRecordedNowAlwaysWas(InProcessMemories):
    def _passes(self, item, wanted):
        return super()._passes(item.changed(earlier_validity=()), wanted)


@breaks(RecallContract.test_other_times_are_those_of_a_model, "memories")
class ListsForgetWhatWasRecorded(InProcessMemories):
    def recent(self, wanted, *, scope, limit, before=None):
        found = super().recent(wanted, scope=scope, limit=limit, before=before)
        return [one.changed(earlier_validity=()) for one in found]


@breaks(MemoryContract.test_a_memory_knows_whose_place_it_once_had_taken, "memories")
class WhatCameBackIsForgotten(InProcessMemories):
    def superseded_by(self, item_id, *, scope):
        found = super().superseded_by(item_id, scope=scope)
        return [one for one in found if one.superseded_by_id == item_id]


@breaks(MemoryContract.test_a_memory_knows_whose_place_it_took, "memories")
class PredecessorsComeById(InProcessMemories):
    def superseded_by(self, item_id, *, scope):
        found = super().superseded_by(item_id, scope=scope)
        return sorted(found, key=lambda item: item.id)


@breaks(MemoryContract.test_a_memory_is_had_with_its_sources, "memories")
class GetLeavesSourcesOut(InProcessMemories):
    def get(self, item_id, *, scope):
        return super().get(item_id, scope=scope).changed(sources=())


@breaks(MemoryContract.test_many_are_had_in_the_order_asked_for, "memories")
class ManyComeInAnyOrder(InProcessMemories):
    def get_many(self, item_ids, *, scope):
        if "theirs" not in item_ids:
            return super().get_many(item_ids, scope=scope)
        known = [one for one in self._state.memories if one in item_ids]
        return super().get_many(known, scope=scope)


@breaks(MemoryContract.test_records_are_had_in_the_order_asked_for, "memories")
class RecordsComeInAnyOrder(InProcessMemories):
    def records(self, item_ids, *, scope):
        known = [one for one in self._state.memories if one in item_ids]
        return super().records(known, scope=scope)


@breaks(MemoryContract.test_lists_have_no_sources, "memories")
class ListsHaveSources(InProcessMemories):
    def since(self, after, wanted, *, scope, limit):
        found = super().since(after, wanted, scope=scope, limit=limit)
        return self.get_many([one.id for one in found], scope=scope)


@breaks(MemoryContract.test_outlines_are_those_of_recent_memories, "memories")
class OutlinesComeByTheirMaking(InProcessMemories):
    def outlines(self, wanted, *, scope, limit):
        found = super().outlines(wanted, scope=scope, limit=limit)
        return sorted(found, key=lambda one: -one.created_at_epoch)


@breaks(MemoryContract.test_memories_of_an_error_are_found, "memories")
class ErrorsAreFoundByTheirFirstWords(InProcessMemories):
    def met(self, signatures, wanted, *, scope, limit):
        every = self.outlines(wanted, scope=scope, limit=99)
        told = [(one, str(one.metadata.get("signature"))) for one in every]
        begun = tuple(signatures)
        return [one for one, error in told if begun and error.startswith(begun)][:limit]


@breaks(MemoryContract.test_a_memory_is_found_by_its_key, "memories")
class MemoriesAreFoundByIdToo(InProcessMemories):
    def find(self, key, *, scope):
        found = super().find(key, scope=scope)
        return found or next(iter(self.get_many([key], scope=scope)), None)


@breaks(MemoryContract.test_a_search_is_ranked_and_cut, "memories")
class ASearchIsNotCut(InProcessMemories):
    def search(self, query, *, scope):
        most = query.limit if query.limit_of_talk else 99
        return super().search(query.changed(limit=most), scope=scope)


@breaks(MemoryContract.test_talk_is_told_further, "memories")
class TalkIsCutAsRecordsAre(InProcessMemories):
    def search(self, query, *, scope):
        return super().search(query.changed(limit_of_talk=0), scope=scope)


@breaks(MemoryContract.test_talk_is_told_further, "memories")
class RecordsAreToldAsFarAsTalk(InProcessMemories):
    def search(self, query, *, scope):
        return super().search(query.changed(limit=query.most), scope=scope)


@breaks(MemoryContract.test_a_candidate_tells_what_ranking_needs, "memories")
class CandidatesHideTheirSession(InProcessMemories):
    def search(self, query, *, scope):
        found = super().search(query, scope=scope)
        bare = [one._replace(session_id=None) for one in found.candidates]
        return replace(found, candidates=bare)


@breaks(MemoryContract.test_a_search_is_of_one_project_and_platform, "memories")
class SearchForgetsThePlatform(InProcessMemories):
    def search(self, query, *, scope):
        wanted = query.wanted.changed(platform_source=())
        return super().search(query.changed(wanted=wanted), scope=scope)


@breaks(MemoryContract.test_recent_memories_come_newest_first, "memories")
class RecentForgetsThePlatform(InProcessMemories):
    def recent(self, wanted, *, scope, limit, before=None):
        wanted = wanted.changed(platform_source=())
        return super().recent(wanted, scope=scope, limit=limit, before=before)


@breaks(MemoryContract.test_a_sessions_memories_come_oldest_first, "memories")
class OfSessionComesById(InProcessMemories):
    def of_session(self, session_id, *, scope, kind):
        found = super().of_session(session_id, scope=scope, kind=kind)
        return sorted(found, key=lambda item: item.id)


@breaks(MemoryContract.test_a_projects_memories_are_counted_by_kind, "memories")
class KindsWithoutAnyAreCountedToo(InProcessMemories):
    def count(self, project_id, *, scope):
        found = super().count(project_id, scope=scope)
        return {**dict.fromkeys(get_args(MemoryKind), 0), **found} if found else found


@breaks(MemoryContract.test_an_id_and_a_key_are_taken_once, "memories")
class KeysAreTakenTwice(InProcessMemories):
    def add(self, item, *, key=None):
        self._state.memory_ids.pop(key, None)
        super().add(item, key=key)


@breaks(MemoryContract.test_a_memory_is_of_its_sessions_project, "memories")
class MemoriesGoAstray(InProcessMemories):
    def add(self, item, *, key=None):
        try:
            super().add(item, key=key)
        except ConflictError:
            if key in self._state.memory_ids or item.id in self._state.memories:
                raise
            self._state.memories[item.id] = item


@breaks(MemoryContract.test_a_memory_cannot_leave_its_sessions_project, "memories")
class MemoriesLeave(InProcessMemories):
    def replace(self, item):
        super().replace(item.changed(server_session_id=None))
        self._state.memories[item.id] = item


@breaks(MemoryContract.test_old_words_find_nothing, "memories")
class OldWordsFind(InProcessMemories):
    def replace(self, item):
        old = self._state.memories.get(item.id)
        super().replace(item)
        if old.title != item.title:
            self._state.memories[f"ghost of {item.id}"] = old


@breaks(MemoryContract.test_a_new_memory_is_kept_whole, "memories")
class MemoriesLoseMetadata(InProcessMemories):
    def add(self, item, *, key=None):
        kept = item if item.id != "full" else item.changed(metadata={})
        super().add(kept, key=key)


@breaks(MemoryContract.test_a_memory_is_replaced_with_its_sources, "memories")
class OldSourcesStay(InProcessMemories):
    def replace(self, item):
        old = self._state.memories.get(item.id, item)
        super().replace(item.changed(sources=old.sources))


@breaks(MemoryContract.test_a_memory_is_removed_with_its_sources, "memories")
class KeysOfTheRemovedStay(InProcessMemories):
    def remove(self, item_id):
        keys = self._state.memory_ids
        super().remove(item_id)
        self._state.memory_ids = keys


@breaks(MemoryContract.test_a_projects_memories_come_page_by_page, "memories")
class PagesBeginWithTheLastOne(InProcessMemories):
    def page(self, project_id, *, scope, after, limit):
        page = super().page(project_id, scope=scope, after=after, limit=limit)
        return [self.get(after, scope=scope), *page][:limit] if after else page


@breaks(MemoryContract.test_those_that_cite_an_event_are_told, "memories")
class CitingForgetsTheProjectLimit(InProcessMemories):
    def citing(self, event_id, *, scope):
        return super().citing(event_id, scope=Scope(scope.team_id))


@breaks(MemoryContract.test_a_search_tells_who_said_what_and_when, "memories")
class ASearchForgetsWhoSaidIt(InProcessMemories):
    def search(self, query, *, scope):
        found = super().search(query, scope=scope)
        bare = [one._replace(author=None) for one in found.candidates]
        return replace(found, candidates=bare)


@breaks(MemoryContract.test_words_that_contain_a_part_are_told, "memories")
class LongWordsComeFirst(InProcessMemories):
    def words_with(self, part, project_ids, *, scope, limit):
        found = super().words_with(part, project_ids, scope=scope, limit=99)
        return sorted(found)[:limit]


@breaks(MemoryContract.test_only_parts_of_known_words_are_told, "memories")
class AnyCaseIsAPart(InProcessMemories):
    def words_with(self, part, project_ids, *, scope, limit):
        plain = part.casefold()
        return super().words_with(plain, project_ids, scope=scope, limit=limit)


@breaks(MemoryContract.test_old_words_are_no_words_to_look_into, "memories")
class OldWordsAreLookedInto(InProcessMemories):
    def replace(self, item):
        # The indexes outlive the block, so what is kept there is kept.
        old = self._state.memories.get(item.id)
        super().replace(item)
        tokens = {one for own in search_fields(old).values() for one in own}
        vars(self._indexes).setdefault("old", set()).update(tokens)

    def words_with(self, part, project_ids, *, scope, limit):
        found = super().words_with(part, project_ids, scope=scope, limit=limit)
        old = vars(self._indexes).get("old", ())
        return [*found, *(one for one in sorted(old) if part in one)]


@breaks(MemoryContract.test_a_search_tells_of_which_files_each_is, "memories")
class OnlyTheFilesThatChangedAreTold(InProcessMemories):
    def among(self, item_ids, query, *, scope):
        found = super().among(item_ids, query, scope=scope)
        known = self._state.memories
        return [
            one._replace(files=all_rooted(known[one.item_id].files_modified))
            for one in found
        ]


@breaks(MemoryContract.test_what_stands_beside_a_memory_is_told, "memories")
class OnlyWhatCameLaterStandsBeside(InProcessMemories):
    def beside(self, item_ids, query, *, scope):
        known = self._state.memories
        first = min((known[one].when for one in item_ids if one in known), default=0)
        found = super().beside(item_ids, query, scope=scope)
        return [one for one in found if one.when_epoch > first]


@breaks(MemoryContract.test_what_stands_beside_is_within_the_border, "memories")
class WhatStandsBesideIsOfAnyType(InProcessMemories):
    def beside(self, item_ids, query, *, scope):
        every = query.wanted.changed(type=())
        return super().beside(item_ids, query.changed(wanted=every), scope=scope)


@breaks(MemoryContract.test_what_finds_a_memory_is_written_anew, "memories")
class AReindexedMemoryIsLost(InProcessMemories):
    def reindex(self, item_id):
        super().reindex(item_id)
        del self._state.memories[item_id]
