"""What it means that an article was withdrawn. Plain values.

What the article says is its title, byline, texts, and every quotation of them: all of it is erased. What stays is that it was here (its
address, outlet, dates, the hashes and lengths of its texts) and what people made of it: a claim that somebody wrote, edited or triaged is
the desk's own, with its wording, its numbers and who is named in it; so is whatever a review has quoted as evidence. A claim that
nobody has touched is still the machine's copy of the article's sentence, and is erased with it.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    IMPORTED_BY_MISTAKE = "imported_by_mistake"
    LEGAL = "legal"
    PRIVACY = "privacy"
    RIGHTS = "rights"  # of its author or publisher
    OTHER = "other"


REASON_CHOICES = [(reason.value, reason.value) for reason in Reason]

# Instead of the words of a claim that nobody had touched: a claim has a text.
ERASED_TEXT = "[withdrawn with its article]"
