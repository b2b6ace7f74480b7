"""What people may say about a claim, as forms. Everything else on its page comes from verbs."""

from __future__ import annotations

from django import forms

from claims.models import Claim
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
    field_order = ("words", "occurrence", "text", "claimant", "kind")

    def clean_words(self) -> str:
        return line_feeds(self.cleaned_data["words"])


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
