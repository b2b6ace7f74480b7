"""What the desk shows of one review to one reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from claims.admin.figures import gap_in_words, how_known, understood, when
from claims.admin.naming import name_of
from claims.models import Appearance, Claim
from factcheck.accounts.models import User
from factcheck.accounts.permissions import actor_of, granted_scopes
from factcheck.errors import NotFound
from factcheck.models import Job
from reviews import stages, workflow
from reviews.access import ACTIONS
from reviews.admin import history
from reviews.admin.doing import ANSWERED_BY_WORDS, Doing, doing
from reviews.admin.fields import Choices
from reviews.admin.lists import MATCHES_SHOWN, lists_of
from reviews.admin.marking import Mark, marked
from reviews.admin.storing import Storing, storing_of
from reviews.attention import NEWS
from reviews.commenting import ANCHOR_FIELDS
from reviews.corrections import RequestState
from reviews.digests import DRAFT_FIELDS
from reviews.facts import EvidenceFact, Relation, Stage, Stance
from reviews.models import (
    Evidence,
    Review,
    SnapshotCheck,
)
from reviews.models.publication import status_at
from reviews.presenting import STANCES, ForApproval, for_approval
from reviews.publication.method import OTHERWISE
from reviews.stages import Action
from reviews.workflow.acting import policy_of, scale_of
from reviews.workflow.evidence import SNAPSHOT
from reviews.workflow.reading import ReadFacts
from reviews.workflow.standing import as_origin, lacks

DEEPEST = 4  # what is answered further down stands no further in


@dataclass(frozen=True, slots=True)
class Step:
    """An action of the table from here, as its button: it can be taken, or `why` it cannot."""

    doing: Doing
    why: str = ""
    is_answered_by_words: bool = False  # which its form asks for
    is_somebody_elses: bool = False  # by its right, whatever else blocks it


class Panels:
    """Everything on the page, for one reader. Read when the template asks for it."""

    def __init__(self, review: Review, request: Any) -> None:
        review.policy, review.scale = policy_of(review.policy_id), scale_of(review.scale_id)
        self.review, self.request, self.reader = review, request, actor_of(request)

    @cached_property
    def facts(self) -> ReadFacts:
        # As if a reason came along: whoever may with one is shown the action, and gives it.
        return workflow.facts_of(self.review, self.reader, has_reason=True, known=self._known)

    @property
    def _known(self) -> dict[str, Any]:
        """Facts that the lists tell already."""
        items = [item for item in self.evidence if not item["is_withdrawn"]]
        return {
            "unsound": {UUID(item["id"]) for item in self.evidence if not item["is_sound"]},
            "searched": frozenset(Stance(search["side"]) for search in self.lists["searches"]),
            "has_news": any(item["has_news"] and item["is_sound"] for item in items),
            "evidence": tuple(_fact(item) for item in items),
        }

    # What can be done

    @cached_property
    def steps(self) -> list[Step]:
        """Whatever the table has from here, in its order."""
        scopes, found = granted_scopes(self.request), []
        for action, (_, need) in ACTIONS.items():
            row = stages.find(self.facts.stage, action)
            if row is None:
                continue
            if need.missing(scopes, ()) or row.lacks(self.facts):
                found.append(Step(doing(action), f"For: {' or '.join(map(str, row.may))}.", is_somebody_elses=True))
            else:
                blockers = row.blocked_by(self.facts)
                why = self._with_titles(" ".join(each.words for each in blockers))
                found.append(Step(doing(action), why, {each.code for each in blockers} == {*ANSWERED_BY_WORDS}))
        return found

    def _with_titles(self, words: str) -> str:
        for item in self.evidence:
            words = words.replace(f"item {item['id']}", f"“{item['title'] or item['url'] or item['origin']}”")
        return words

    @property
    def open_steps(self) -> list[Step]:
        return [step for step in self.steps if not step.why and not step.doing.is_of_item]

    @property
    def blocked_steps(self) -> list[Step]:
        return [step for step in self.steps if step.why and not step.is_somebody_elses]

    @property
    def blocked_alike(self) -> list[list[Step]]:
        """Those that one thing keeps from being done, together."""
        found: dict[str, list[Step]] = {}
        for step in self.blocked_steps:
            found.setdefault(step.why, []).append(step)
        return list(found.values())

    @property
    def others_steps(self) -> list[Step]:
        return [step for step in self.steps if step.is_somebody_elses]

    @property
    def item_steps(self) -> list[Step]:
        """Of a piece of evidence."""
        return [step for step in self.steps if not step.why and step.doing.is_of_item]

    def may(self, action: Action) -> bool:
        return any(step.doing.action is action and not step.why for step in self.steps)

    @property
    def may_comment(self) -> bool:
        return self.may(Action.COMMENT)

    @property
    def may_store(self) -> bool:
        return self.may(Action.EDIT_EVIDENCE)

    def why_not(self, action: Action) -> str:
        """Why it cannot be taken now; empty where it can."""
        step = next((step for step in self.steps if step.doing.action is action), None)
        return step.why if step else f"It is in {self.facts.stage.replace('_', ' ')} now."

    @property
    def main_action(self) -> Action | None:
        """Whose form stands open at once: what this reader is asked for here."""
        return next((action for action in (Action.SUBMIT_VERDICT, Action.ADJUDICATE) if self.may(action)), None)

    # Where it stands

    @property
    def strip(self) -> list[tuple[str, str]]:
        """Each stage on the way, and whether it is `past`, `present` or `to come`."""
        way = [stage for stage in Stage if stage not in OTHERWISE]
        here = self.facts.stage
        if here in OTHERWISE:
            return [*((stage.value, "") for stage in way), (here.value, "present")]
        place = way.index(here)
        return [(s.value, "past" if n < place else "present" if n == place else "") for n, s in enumerate(way)]

    @property
    def is_overdue(self) -> bool:
        due = self.review.due_at
        return due is not None and due < timezone.now() and not self.review.is_on_hold

    @property
    def round(self) -> Any:
        return self.facts.round_row

    @property
    def is_sealed(self) -> bool:
        return self.round is not None and self.round.closed_at is None

    @property
    def verdicts_in(self) -> int:
        return self.facts.round.verdicts

    @cached_property
    def seat(self) -> workflow.MySeat | None:
        if Relation.SEAT_HOLDER not in self.facts.actor.relations:
            return None
        try:
            return workflow.my_seat(self.review, self.reader, self.round)
        except NotFound:  # given away meanwhile
            return None

    @property
    def for_approval(self) -> ForApproval | None:
        return for_approval(self.facts)

    # What is known

    @cached_property
    def lists(self) -> dict[str, list[dict[str, Any]]]:
        return lists_of(self.review.pk)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Of the ratings."""
        return {point["code"]: point["label"] for point in self.review.scale.points}

    @cached_property
    def evidence(self) -> list[dict[str, Any]]:
        for item in self.lists["evidence"]:
            look, stored = item["live_check"], item["stored_check"]
            item["is_sound"] = not item["is_unreliable"] and not (stored and stored["outcome"] in SnapshotCheck.UNSOUND)
            item["has_news"] = bool(look and look["outcome"] in NEWS and not item["kept"])
            item["counts"] = item["is_sound"] and not item["is_withdrawn"]
            item["copy"] = self._copy_of(item)
        return self.lists["evidence"]

    def _copy_of(self, item: Mapping[str, Any]) -> Storing | None:
        """How far the storing of its page is; None where it is stored, or was not to be."""
        if item["snapshot"] or not item["url"] or item["is_withdrawn"]:
            return None
        return storing_of(self._storing.get(item["id"]), item["snapshot_error"])

    @cached_property
    def _storing(self) -> dict[str, Job]:
        """The last job of each item whose page is not stored."""
        items = [item["id"] for item in self.lists["evidence"] if item["url"] and not item["snapshot"]]
        if not items:
            return {}
        jobs = Job.objects.filter(kind=SNAPSHOT, subject_id__in=items).order_by("subject_id", "-id")
        return {str(job.subject_id): job for job in jobs.distinct("subject_id")}

    @property
    def seats(self) -> list[dict[str, Any]]:
        return self.lists["seats"]

    @cached_property
    def rounds(self) -> list[dict[str, Any]]:
        """Verdicts that are open, by round, the last one first, and in it by seat."""
        found: dict[int, dict[str, Any]] = {}
        decided = {decision["round"]: decision for decision in self.lists["decisions"]}
        for verdict in self.lists["verdicts"]:
            number = verdict["round"]["number"]
            verdict["label"] = self.labels.get(verdict["rating"], verdict["rating"])
            found.setdefault(number, {"number": number, "verdicts": [], "decision": decided.get(number)})
            found[number]["verdicts"].append(verdict)
        for one in found.values():
            one["verdicts"].sort(key=lambda verdict: (verdict["seat"], verdict["created_at"]))
        return [found[number] for number in sorted(found, reverse=True)]

    @property
    def decision(self) -> Any:
        return self.facts.decision

    @property
    def decision_label(self) -> str:
        return self.labels.get(self.decision.rating, self.decision.rating) if self.decision else ""

    @cached_property
    def answers(self) -> dict[str, str]:
        """The adjudicator's, by verdict."""
        told = [answer for decision in self.lists["decisions"] for answer in decision["answers"]]
        return {answer["verdict"]: answer["answer"] for answer in told}

    @property
    def draft(self) -> dict[str, Any] | None:
        return next(iter(self.lists["drafts"]), None)

    @property
    def fact_check(self) -> Any:
        return self.facts.revision.fact_check if self.facts.revision else None

    @property
    def public_status(self) -> str:
        return status_at(self.review.stage)

    @cached_property
    def events(self) -> list[Any]:
        items = {item["id"]: item for item in self.evidence}
        texts = history.texts_of(self.draft, self.lists["past_drafts"], DRAFT_FIELDS)
        texts |= history.texts_of(items, self.lists["past_evidence"], history.ITEM_FIELDS, key="pgh_obj")
        events = [*self.lists["events"], *self.lists["draft_edits"]]
        return history.told(sorted(events, key=lambda event: event["number"], reverse=True), texts, items)

    @property
    def history(self) -> list[Any]:
        return history.folded(self.events)

    def since(self, version: str) -> list[Any]:
        """What was done after somebody had seen this version, the last first."""
        seen = int(version) if version.isdecimal() and len(version) < 10 else self.review.version
        return [event for event in self.events if event.version > seen]

    # What is said

    @cached_property
    def threads(self) -> list[tuple[int, dict[str, Any]]]:
        """Comments with how deep they stand: each one's answers below it, in the order in which they were given."""
        answers: dict[str | None, list[dict[str, Any]]] = {}
        for comment in self.lists["comments"]:
            comment["item"] = next((i for i in self.evidence if i["id"] == comment["anchor"]["evidence"]), None)
            answers.setdefault(comment["reply_to"], []).append(comment)
        found, waiting = [], [(0, comment) for comment in reversed(answers.get(None, []))]
        while waiting:
            depth, comment = waiting.pop()
            found.append((min(depth, DEEPEST), comment))
            waiting += [(depth + 1, answer) for answer in reversed(answers.get(comment["id"], []))]
        return found

    @property
    def anchors(self) -> Choices:
        """What a comment can be about, as `kind:key` of the body's anchor."""
        fields = [name for name in ANCHOR_FIELDS if self.draft or not name.startswith("draft.")]
        named = [(f"field:{name}", f"{name.replace('.', ', ').replace('_', ' ')}") for name in fields]
        items = [(f"evidence:{i['id']}", f"evidence, {i['title'] or i['url'] or i['origin']}") for i in self.evidence]
        return [("", "the review as a whole"), *named, *items]

    # The claim

    @cached_property
    def matches(self) -> list[dict[str, Any]]:
        """What may be the same, the most similar first; `other` is the claim on the other side."""
        for match in self.lists["matches"]:
            match["other"] = match["other_claim"]
        for match in self.lists["later_matches"]:
            match["other"] = match["claim"]
        found = [*self.lists["matches"], *self.lists["later_matches"]]
        return sorted(found, key=lambda match: match["similarity"], reverse=True)[:MATCHES_SHOWN]

    @property
    def quantities(self) -> list[tuple[Any, str]]:
        return [(quantity, understood(quantity)) for quantity in self.review.claim.quantities]

    @property
    def times(self) -> list[tuple[Any, str, str]]:
        return [(time, when(time), how_known(time)) for time in self.review.claim.time_references]

    @property
    def gaps(self) -> list[str]:
        return [gap_in_words(gap) for gap in self.review.claim.gaps]

    @cached_property
    def place(self) -> Appearance | None:
        """Where the claim was read last."""
        # A condition on appearances with an "or" would read all of them.
        claims = Claim.objects.filter(Q(pk=self.review.claim_id) | Q(merged_into=self.review.claim_id))
        made = Appearance.objects.filter(claim__in=claims.values("pk"))
        return made.select_related("article_version__article__outlet").order_by("-article_version", "start").first()

    @property
    def article_name(self) -> str:
        return name_of(self.place.article_version.article, self.place.article_version.text[:160]) if self.place else ""

    @cached_property
    def paragraphs(self) -> list[list[Mark]]:
        return marked(self.place) if self.place else []

    # What a form offers

    def offers(self, item: Mapping[str, Any] | None = None) -> dict[str, Choices]:
        """The choices for members of a body that name rows, or points of the scale."""
        found: dict[str, Choices] = {
            "rating": [(code, label) for code, label in self.labels.items()],
            "cites": [
                (i["id"], f"{i['title'] or i['url'] or i['origin']} ({STANCES[i['stance']]})") for i in self._frozen
            ],
            "seat": [(str(seat["number"]), f"{seat['number']}: {seat['holder']['username']}") for seat in self.seats],
            "anchor": self.anchors,
            "correction_request": self._own_requests,
            "request": [(reply["id"], reply["addressee"]) for reply in self.lists["replies"] if not reply["waived_by"]],
            "answers": [
                (v["id"], f"To {v['author']['username']}, who says “{v['label']}”") for v in self._standing_verdicts
            ],
        }
        return found

    @property
    def _own_requests(self) -> Choices:
        """Readers' requests that a revision can answer, of those that this reader handles."""
        mine = [r for r in self.lists["requests"] if r["handler"] and r["handler"]["username"] == self.reader.username]
        found = [
            (r["id"], r["text"][:160]) for r in mine if r["state"] in (RequestState.ACKNOWLEDGED, RequestState.ACCEPTED)
        ]
        return [("", "none, but for a reason of the desk"), *found] if found else []

    def colleagues(self) -> Choices:
        """Whom it can be given to."""
        present = User.objects.filter(memberships__desk=self.review.desk_id, is_active=True, is_machine=False)
        able = present.filter(groups__name__in=("researcher", "editor")).distinct().order_by("username")
        return [(str(pk), name) for pk, name in able.values_list("pk", "username")]

    @property
    def _frozen(self) -> list[dict[str, Any]]:
        return self.round.evidence_set.items if self.round else []

    @property
    def _standing_verdicts(self) -> list[dict[str, Any]]:
        """The last word of each seat of the present round, once it is open."""
        if not self.rounds or self.rounds[0]["number"] != self.review.round_number:
            return []
        last: dict[int, dict[str, Any]] = {}
        for verdict in self.rounds[0]["verdicts"]:
            last[verdict["seat"]] = verdict
        return list(last.values())


def _fact(item: dict[str, Any]) -> EvidenceFact:
    """As the guards look at it."""
    row = Evidence(
        quotation=item["quotation"], locator=item["locator"], snapshot_exemption=item["snapshot_exemption"],
        snapshot_id=item["snapshot"] and UUID(item["snapshot"]["id"]),
    )  # fmt: skip
    return EvidenceFact(Stance(item["stance"]), as_origin(item["origin"]), lacks(row), item["is_sound"], item["id"])
