"""What people may say about a claim, as forms. Everything else on its page comes from verbs."""

from __future__ import annotations

from typing import Any

from django import forms

from claims.models import Claim
from claims.pipeline.asked import DEFAULTS, mapping_of
from claims.pipeline.uploads import MAX_FILE_BYTES, UPLOADED
from claims.sources import FORMATS
from claims.sources.base import FIELDS
from claims.withdrawal import Reason


def line_feeds(text: str) -> str:
    """Browsers send CR LF for every line break: an untouched text must not come back as an edited one."""
    return text.replace("\r\n", "\n")


class ClaimForm(forms.Form):
    text = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=10_000,
        help_text="One assertion, in a form that stands alone.",
    )
    kind = forms.ChoiceField(choices=Claim.Kind.choices, initial=Claim.Kind.STATEMENT)
    claimant = forms.CharField(
        required=False, max_length=1_000, help_text="Who asserted it; not the outlet that printed it."
    )

    def clean_text(self) -> str:
        return line_feeds(self.cleaned_data["text"])


class EditForm(ClaimForm):
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class MissedForm(ClaimForm):
    """A claim that the extractor missed, by the words of the article."""

    words = forms.CharField(
        label="Words as they stand in the text",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=10_000,
        help_text="Copy them from the article.",
    )
    occurrence = forms.IntegerField(
        label="Which of them, where they stand more than once",
        required=False,
        min_value=1,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
    text = forms.CharField(
        label="The claim in a form that stands alone",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=10_000,
        help_text="Left empty, it is the words themselves.",
    )
    # Where a script has counted which words were selected.
    start = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    end = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    field_order = ("words", "occurrence", "text", "claimant", "kind")

    def clean_words(self) -> str:
        return line_feeds(self.cleaned_data["words"])

    @property
    def missed(self) -> dict[str, Any]:
        """Keyword arguments for the verb: the place where one was pointed at, whose words must stand there; else the words."""
        given = dict(self.cleaned_data)
        if given["start"] is None:
            return given
        return given | {"quotation": given.pop("words")}


class SplitForm(forms.Form):
    texts = forms.CharField(
        label="The claims that it holds, one a line",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=50_000,
        help_text="The first line stays with this claim; each other one becomes a candidate that appears at the same places.",
    )
    note = forms.CharField(required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def clean_texts(self) -> list[str]:
        return [line for line in map(str.strip, self.cleaned_data["texts"].splitlines()) if line]


class WithdrawForm(forms.Form):
    reason = forms.ChoiceField(
        choices=[(reason.value, reason.value.replace("_", " ").capitalize()) for reason in Reason],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label="Why, in words",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stays on the record: name nothing that has to go.",
    )
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


SUFFIXES = tuple(suffix for name in UPLOADED for suffix in FORMATS[name].suffixes)


class ImportForm(forms.Form):
    """What a file is imported with. What the words mean is looked at by the verb alone."""

    file = forms.Field(
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        help_text=f"{', '.join(SUFFIXES)}; up to {MAX_FILE_BYTES // 1024 // 1024} MiB. The command import_articles takes longer ones.",
    )
    format = forms.ChoiceField(choices=[("auto", "told by its name and content"), *((name, name) for name in UPLOADED)])
    on_duplicate = forms.ChoiceField(
        label="When an article that is here comes with another text",
        choices=[("version", "it becomes a new version"), ("skip", "it is skipped"), ("fail", "the row is refused")],
    )
    outlet = forms.CharField(label="Outlet of articles that name none", required=False, max_length=200)
    language = forms.CharField(
        label="Language of articles that name none", required=False, max_length=60, help_text="Like en or pt-BR."
    )
    default_timezone = forms.CharField(
        label="Time zone of dates without one",
        required=False,
        max_length=60,
        initial=DEFAULTS["default_timezone"],
        help_text="Like Europe/Kyiv.",
    )
    map = forms.CharField(
        label="Which of their fields is which of ours",
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=f"One a line, like headline=title. Ours are {', '.join(FIELDS)}.",
    )
    extract = forms.BooleanField(label="Read what is new for claims", required=False, initial=True)

    def clean_default_timezone(self) -> str:
        return self.cleaned_data["default_timezone"] or DEFAULTS["default_timezone"]

    def clean_outlet(self) -> str:
        return self.cleaned_data["outlet"].strip()

    def clean_map(self) -> dict[str, str]:
        try:
            return mapping_of(self.cleaned_data["map"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    @property
    def asked(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in DEFAULTS if name in self.cleaned_data}
