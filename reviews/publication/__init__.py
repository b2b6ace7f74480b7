"""Published fact-checks as others read them: one module for each format, all made of one plain value. Plain values.

ClaimReview is never a model of ours: `PROFILES` makes it of a revision, and says what would be wrong with it. `EXPORTS` are the files
that hold all of them: a line here is an address, its place in the OpenAPI document, in the table of access and in that of the README.
"""

from reviews.publication import atom, datafeed, insights, insights_dump, jsonlines, schemaorg, table
from reviews.publication.documents import FactCheckDocument
from reviews.publication.export import Export
from reviews.publication.rules import Problem, Profile, problems

PROFILES: dict[str, Profile] = {profile.name: profile for profile in (schemaorg.PROFILE, insights.PROFILE)}
EXPORTS: tuple[Export, ...] = (
    datafeed.EXPORT,
    *(jsonlines.export(profile) for profile in PROFILES.values()),
    insights_dump.EXPORT,
    table.EXPORT,
    atom.EXPORT,
)


def check(document: FactCheckDocument) -> dict[str, list[Problem]]:
    """What is wrong with its ClaimReview, by profile; warnings included."""
    return {name: problems(profile.make(document), profile) for name, profile in PROFILES.items()}


def as_markdown() -> str:
    """The exports as a table for the README."""
    files = {export.name: export for export in reversed(EXPORTS)}
    rows = [f"| `/public/{name}` | `{files[name].media_type}` | {files[name].words} |" for name in reversed(files)]
    return "\n".join(("| address | type | what |", "| --- | --- | --- |", *rows))


__all__ = ["EXPORTS", "PROFILES", "Export", "FactCheckDocument", "Problem", "as_markdown", "check", "problems"]
