"""How a fact-check comes about, as readers are told: the stages of the review, a sentence each. Plain values."""

from __future__ import annotations

from reviews.facts import Stage

# What may follow after the last of the steps, or instead of it.
OTHERWISE = (Stage.UNDER_REVISION, Stage.RETRACTED, Stage.CLOSED)

STEPS: dict[Stage, str] = {
    Stage.QUEUED: "A claim that can be checked and is worth it waits until somebody has the time.",
    Stage.RESEARCH: "One person collects evidence, looks for both sides, and keeps a copy of what may change or disappear.",
    Stage.RATING: "Several people rate the claim on that evidence, each alone: nobody sees another's verdict before all are in.",
    Stage.DISCUSSION: "Where they differ, they read each other's reasons. Each may change their mind, and say why.",
    Stage.ADJUDICATION: "Where they still differ, somebody who took no part so far decides, and answers each verdict that says otherwise.",
    Stage.DRAFTING: "The text is written. Whoever it is about is asked to reply, unless there is a written reason not to.",
    Stage.COPY_EDIT: "An editor who neither collected the evidence nor rated the claim nor wrote the text reads all of it.",
    Stage.APPROVED: "They approve this text and this evidence. Whatever is changed afterwards has to be approved again.",
    Stage.PUBLISHED: "It is published, and never changed in silence: what comes later is another version, beside this one.",
    Stage.UNDER_REVISION: "Whoever doubts it is answered: it is looked at again, under a notice, and stands until another version comes.",
    Stage.RETRACTED: "What should not have been published is retracted, by two editors. Its address stays, and says why.",
    Stage.CLOSED: "A review may also end without a fact-check: because the claim cannot be checked, say, or was checked before.",
}
