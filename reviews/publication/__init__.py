"""Published fact-checks as others read them: one module for each format, all made of one plain value. Plain values.

ClaimReview is never a model of ours: `PROFILES` makes it of a revision each time, and says what would be wrong with it.
"""

from reviews.publication import insights, schemaorg
from reviews.publication.documents import FactCheckDocument
from reviews.publication.rules import Problem, Profile, problems

PROFILES: dict[str, Profile] = {profile.name: profile for profile in (schemaorg.PROFILE, insights.PROFILE)}


def check(document: FactCheckDocument) -> dict[str, list[Problem]]:
    """What is wrong with its ClaimReview, by profile; warnings included."""
    return {name: problems(profile.make(document), profile) for name, profile in PROFILES.items()}


__all__ = ["PROFILES", "FactCheckDocument", "Problem", "check", "problems"]
