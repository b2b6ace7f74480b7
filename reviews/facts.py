"""What the guards of the stage table look at: a review, its evidence and its actor as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Stage(StrEnum):
    QUEUED = "queued"  # the claim was accepted at triage; nobody works on it
    RESEARCH = "research"  # a lead collects evidence
    RATING = "rating"  # the evidence set is frozen; independent verdicts are sealed
    DISCUSSION = "discussion"  # the round closed without agreement
    ADJUDICATION = "adjudication"  # a third person decides
    DRAFTING = "drafting"  # a decision exists; the public text is written
    COPY_EDIT = "copy_edit"  # a second pair of eyes reads text and file
    APPROVED = "approved"
    PUBLISHED = "published"  # a revision is public
    UNDER_REVISION = "under_revision"  # it stays public, with a notice, while another is under way
    RETRACTED = "retracted"  # only its address, its past and the reason are left; final
    CLOSED = "closed"  # ended unpublished, with a reason


STAGE_CHOICES = [(stage.value, stage.value) for stage in Stage]
OVER = (Stage.CLOSED, Stage.RETRACTED)  # nobody works on it, and the claim may have another review
NOT_AT_WORK = (Stage.PUBLISHED, *OVER)


class Relation(StrEnum):
    LEAD = "lead"
    SEAT_HOLDER = "seat_holder"
    ADJUDICATOR = "adjudicator"
    DRAFT_AUTHOR = "draft_author"
    APPROVER = "approver"  # of a revision that is public
    HANDLER = "handler"  # who opened the revision that is under way


class Stance(StrEnum):
    SUPPORTS = "supports"
    REFUTES = "refutes"
    CONTEXT = "context"


STANCE_CHOICES = [(stance.value, stance.value) for stance in Stance]
SIDES = (Stance.SUPPORTS, Stance.REFUTES)
SIDE_CHOICES = [(side.value, side.value) for side in SIDES]


@dataclass(frozen=True)
class Actor:
    """Whoever acts, as far as this review is concerned. A superuser holds every role; relations bind them like everybody."""

    roles: frozenset[str] = frozenset()
    relations: frozenset[Relation] = frozenset()
    took_part_as: frozenset[Relation] = frozenset()  # in any round, whether or not they still are
    is_conflicted: bool = False
    has_edited: bool = False  # the text, since it was handed in or what is public was doubted
    has_proposed: bool = False  # the retraction that is proposed now


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """One item that is in use. `lacks` names what it needs before it can be rated; `is_sound` is False once it was marked
    unreliable or its stored bytes failed their hash."""

    stance: Stance
    origin: str
    lacks: tuple[str, ...] = ()
    is_sound: bool = True
    id: str = ""


@dataclass(frozen=True, slots=True)
class RoundFact:
    """The present round, as far as anybody may know it. `ratings` are None until it has closed: they are sealed."""

    number: int = 0
    seats: int = 0
    verdicts: int = 0  # current ones, of seats that are filled
    ratings: tuple[str, ...] | None = None
    has_sat: bool = False  # the actor holds one of its seats, or held it
    own_is_given: bool = False  # and counts, or was given on a seat that they hold no more
    own_revisions: int = 0


@dataclass(frozen=True)
class Facts:
    """All that a guard may ask. `reviews.workflow.reading` has one that reads what it is asked for, when it is asked."""

    stage: Stage
    actor: Actor = Actor()
    is_on_hold: bool = False
    claim_is_accepted: bool = True
    has_other_review: bool = False  # an active one of the same claim
    lease_is_over: bool = False  # also when the lead declared a conflict of interest
    has_reason: bool = False  # a reason code came with the action
    evidence: tuple[EvidenceFact, ...] = ()
    has_news: bool = True  # of a page that an item rests on, which nobody has kept it in spite of
    searched: frozenset[Stance] = frozenset()
    single_origin_reason: str = ""
    min_origins: int = 2
    both_sides_required: bool = True
    discussion_rounds: int = 1
    approver_may_edit_draft: bool = True
    unread_numbers: int = 0
    shortage: str = ""
    round: RoundFact = field(default_factory=RoundFact)
    has_adjudicator: bool = True  # who has not been asked in this round
    has_substitute: bool = True  # who could take a seat of the present round
    # The decision was made on other evidence or another claim than the present ones, or by somebody with a conflict of interest.
    is_stale: bool = False
    author_keeps_out: bool = False  # of the draft
    draft_lacks: tuple[str, ...] = ()
    draft_rating_matches: bool = True
    reply: str = "settled"  # not_sought, open, settled
    # Somebody else's word for the present decision, text and evidence, which nobody has taken back.
    approval_counts: bool = True
    is_due: bool = True  # or the approval says a time to publish it at, which has not come
    is_public: bool = False  # a revision of it
    is_changed: bool = True  # the text, since a revision was public
    rounds_before: int = 0  # that were over when this verification began
    is_retraction_proposed: bool = True  # of the revision that is public now
    claim_review_problems: tuple[str, ...] = ()  # of what it would be published as, in any profile


@dataclass(frozen=True, slots=True)
class Lacking:
    """An item of evidence, and what it lacks."""

    id: str
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blocker:
    """`items` are those that it is about, where it is about some and not about the review as a whole."""

    code: str
    words: str
    items: tuple[Lacking, ...] = ()


Guard = Callable[[Facts], Blocker | None]
