"""What may block an action of the stage table: small named questions about the facts, each answered with a blocker or None."""

from __future__ import annotations

from reviews.facts import SIDES, Blocker, Facts, Lacking, Relation, Stage
from reviews.words import has_words

MAX_ROUNDS = (
    5  # of one verification: a claim that five frozen sets of evidence did not settle needs an editor, not a sixth
)

ON_HOLD = Blocker("on_hold", "The review is on hold: resume it first.")
NO_ADJUDICATOR = Blocker("no_adjudicator", "Nobody who took no part in this review can adjudicate it.")


def _when(is_so: object, code: str, words: str) -> Blocker | None:
    return Blocker(code, words) if is_so else None


def conflicted(facts: Facts) -> Blocker | None:
    return _when(facts.actor.is_conflicted, "conflicted", "You declared a conflict of interest.")


def involved(facts: Facts) -> Blocker | None:
    """Whoever took part is no second pair of eyes."""
    parts = ", ".join(sorted(relation.replace("_", " ") for relation in facts.actor.took_part_as))
    return _when(parts, "involved", f"You took part in this review ({parts}): somebody else approves it.")


def edited_it(facts: Facts) -> Blocker | None:
    return _when(
        facts.actor.has_edited and not facts.approver_may_edit_draft,
        "edited_it",
        "You have changed the text since it was handed in: somebody else approves it, or its author hands it in again.",
    )


def claim_not_accepted(facts: Facts) -> Blocker | None:
    return _when(not facts.claim_is_accepted, "claim_not_accepted", "The claim is no longer accepted.")


def reviewed_elsewhere(facts: Facts) -> Blocker | None:
    return _when(facts.has_other_review, "reviewed_elsewhere", "Another review of this claim is under way.")


def leads_already(facts: Facts) -> Blocker | None:
    return _when(Relation.LEAD in facts.actor.relations, "leads_already", "You lead it already.")


def lease_runs(facts: Facts) -> Blocker | None:
    """A lead's time is theirs; an editor may end it with a reason."""
    may_anyway = "editor" in facts.actor.roles and facts.has_reason
    return _when(
        not (facts.lease_is_over or may_anyway),
        "lease_runs",
        "Somebody leads it and their lease has not ended. An editor may take it over with a reason.",
    )


def too_few_origins(facts: Facts) -> Blocker | None:
    """Five outlets that quote one wire are one origin. Context has none of its own to add."""
    origins = {item.origin for item in facts.evidence if item.is_sound and item.stance in SIDES}
    found = "1 independent origin" if len(origins) == 1 else f"{len(origins)} independent origins"
    return _when(
        len(origins) < facts.min_origins and not (origins and has_words(facts.single_origin_reason)),
        "too_few_origins",
        f"The evidence comes from {found}; {facts.min_origins} are needed, or a `single_origin_reason` for one.",
    )


def no_news(facts: Facts) -> Blocker | None:
    words = (
        "No page that this review rests on has changed, but for items that somebody has kept already or that are lost."
    )
    return _when(not facts.has_news, "no_news", words)


def one_sided(facts: Facts) -> Blocker | None:
    present = {item.stance for item in facts.evidence if item.is_sound} | facts.searched
    missing = [side for side in SIDES if side not in present]
    return _when(
        facts.both_sides_required and missing,
        "one_sided",
        f"There is neither evidence that {' nor that '.join(missing)} the claim, nor a declared search for it.",
    )


def incomplete_evidence(facts: Facts) -> Blocker | None:
    """Of what will be frozen: an item that counts no more is left out of the set."""
    items = tuple(Lacking(item.id, item.lacks) for item in facts.evidence if item.lacks and item.is_sound)
    wanted = "; ".join(f"{', '.join(item.lacks)} (item {item.id})" for item in items)
    return Blocker("incomplete_evidence", f"Items of evidence lack: {wanted}.", items) if items else None


def unread_numbers(facts: Facts) -> Blocker | None:
    return _when(
        facts.unread_numbers,
        "unread_numbers",
        f"{facts.unread_numbers} numbers of the claim have no value and nobody has confirmed that.",
    )


def unstaffable(facts: Facts) -> Blocker | None:
    return _when(facts.shortage, "unstaffable", facts.shortage)


def no_adjudicator(facts: Facts) -> Blocker | None:
    return None if facts.has_adjudicator else NO_ADJUDICATOR


def nobody_to_seat(facts: Facts) -> Blocker | None:
    return _when(not facts.has_substitute, "nobody_to_seat", "Nobody else of the desk could take a seat of this round.")


def too_many_rounds(facts: Facts) -> Blocker | None:
    end = "give it up" if facts.is_public else "close it"
    return _when(
        facts.round.number - facts.rounds_before >= MAX_ROUNDS,
        "too_many_rounds",
        f"{MAX_ROUNDS} rounds did not settle it: {end} instead.",
    )


def verdict_given(facts: Facts) -> Blocker | None:
    return _when(facts.round.own_is_given, "verdict_given", "Your verdict of this round is in.")


def judged_already(facts: Facts) -> Blocker | None:
    """Whoever has voted knows what a new round would undo."""
    has_voted = facts.stage is Stage.RATING and facts.round.own_is_given
    return _when(has_voted, "verdict_given", "Your verdict of this round is in.")


def votes_sealed(facts: Facts) -> Blocker | None:
    return _when(
        facts.stage is Stage.RATING and facts.round.has_sat,
        "votes_sealed",
        "You hold or held a seat of this round: you may write again once it has closed.",
    )


def verdicts_missing(facts: Facts) -> Blocker | None:
    return _when(facts.round.verdicts < facts.round.seats, "verdicts_missing", "Verdicts are still to come.")


def revised_already(facts: Facts) -> Blocker | None:
    most = facts.discussion_rounds
    often = "once" if most == 1 else f"{most} times"
    return _when(
        facts.round.own_revisions >= most, "revised_already", f"You revised your verdict; that is done {often}."
    )


def verdicts_differ(facts: Facts) -> Blocker | None:
    return _when(len(set(facts.round.ratings or ())) != 1, "verdicts_differ", "The ratings still differ.")


def stale(facts: Facts) -> Blocker | None:
    return _when(
        facts.is_stale, "stale", "What the decision rests on has changed since, or who made it: it needs another round."
    )


def author_conflicted(facts: Facts) -> Blocker | None:
    return _when(
        facts.author_keeps_out,
        "author_conflicted",
        "Whoever wrote the text declared a conflict of interest: an editor who edits it becomes its author, and another approves it.",
    )


def draft_incomplete(facts: Facts) -> Blocker | None:
    lacking = ", ".join(name.replace("_", " ") for name in facts.draft_lacks)
    return _when(facts.draft_lacks, "draft_incomplete", f"The draft lacks: {lacking}.")


def draft_contradicts(facts: Facts) -> Blocker | None:
    return _when(not facts.draft_rating_matches, "draft_contradicts", "The draft's rating is not the decision's.")


def reply_open(facts: Facts) -> Blocker | None:
    words = "Nobody was asked for a reply." if facts.reply == "not_sought" else "A reply is awaited."
    return _when(facts.reply != "settled", "reply_open", f"{words} It must be answered, run out, or be waived.")


def approval_gone(facts: Facts) -> Blocker | None:
    return _when(
        not facts.approval_counts, "approval_gone", "Nobody's approval is of the present decision, text and evidence."
    )


def not_due(facts: Facts) -> Blocker | None:
    return _when(
        not facts.is_due,
        "not_due",
        "It was approved for a later time: whoever wants it earlier takes the approval back.",
    )


def claim_review_invalid(facts: Facts) -> Blocker | None:
    """Whoever reads the markup would not take it."""
    words = "; ".join(facts.claim_review_problems)
    return _when(words, "claim_review_invalid", f"As ClaimReview it would be refused. {words}.")


def not_public(facts: Facts) -> Blocker | None:
    return _when(not facts.is_public, "not_public", "Nothing of it is public.")


def public_already(facts: Facts) -> Blocker | None:
    return _when(facts.is_public, "public_already", "A revision of it is public: it is retracted, not closed.")


def own_work(facts: Facts) -> Blocker | None:
    """Whoever answers for what is public does not dismiss doubts about it."""
    parts = ", ".join(sorted(facts.actor.relations & {Relation.APPROVER, Relation.LEAD}))
    return _when(
        parts, "own_work", f"You answer for what is public ({parts}): somebody else dismisses doubts about it."
    )


def own_edit(facts: Facts) -> Blocker | None:
    """Whoever publishes an edit approves it with that."""
    return _when(facts.actor.has_edited, "own_edit", "You have changed the text: another editor publishes it.")


def nothing_changed(facts: Facts) -> Blocker | None:
    return _when(not facts.is_changed, "nothing_changed", "The text says what is public already.")


def rating_changed(facts: Facts) -> Blocker | None:
    return _when(
        not facts.draft_rating_matches,
        "rating_changed",
        "The rating is another than what is public: that takes another round, so have it verified again.",
    )


def nothing_proposed(facts: Facts) -> Blocker | None:
    return _when(
        not facts.is_retraction_proposed,
        "nothing_proposed",
        "Nobody has proposed to retract the revision that is public.",
    )


def proposed_it(facts: Facts) -> Blocker | None:
    return _when(facts.actor.has_proposed, "proposed_it", "You proposed it: another editor decides.")


def not_on_hold(facts: Facts) -> Blocker | None:
    return _when(not facts.is_on_hold, "not_on_hold", "It is not on hold.")
