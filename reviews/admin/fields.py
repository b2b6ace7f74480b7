"""A form for people, made of the body that the API takes. It checks nothing: what is wrong with it the API says, and it is shown there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from rest_framework import serializers

from claims.admin.forms import line_feeds
from factcheck.api.uploads import FileField, WrittenBoolean
from reviews.presenting import STANCES

Choices = Sequence[tuple[str, Any]]
LONG = 1000  # characters; what may be longer gets several lines
ROWS = {"body": 16, "rationale": 5, "quotation": 3, "text": 3}
LABELS = {
    "to": "To whom",
    "cites": "Evidence that it rests on",
    "queries": "What was searched for, one search a line",
    "places": "Where",
    "publish_at": "Not before, in UTC",
    "is_withdrawn": "Take it out of use",
    "is_confidential": "Confidential: readers see nothing of it",
    "snapshot_exemption": "Why there can be no snapshot",
    "single_origin_reason": "Why one origin has to do",
    "url": "Address of the page",
    "anchor": "What it is about",
    "correction_request": "For a reader's request that you handle",
    "duplicate_of": "Which one says the same",
    "file": "The file",
    "note": "Note, in words",
    "public_note": "For readers: what was changed",
}
NOT_CHOSEN = {"risk": "as the claim has it"}  # what it means to choose nothing, where that is not nothing
# What whoever acts has read is named by the page, not by them.
NAMED_BY_THE_PAGE = ("decision", "draft_digest", "evidence_digest", "finding", "reply_to")


class Choice(forms.ChoiceField):
    """What is chosen is checked by the API alone."""

    def validate(self, value: Any) -> None:
        return


class Choose(forms.MultipleChoiceField):
    def validate(self, value: Any) -> None:
        return


def form_of(
    asked: type[serializers.Serializer] | None, offers: Mapping[str, Choices], data: Any = None, initial: Any = None
) -> forms.Form:
    """`offers` are the choices for members that name rows; a member that names one and is offered none is left out."""
    form = forms.Form(data, initial=initial, label_suffix="")
    for name, member in members_of(asked).items():
        if isinstance(member, serializers.ListSerializer):
            for key, label in offers.get(name, ()):
                form.fields[f"{name}-{key}"] = forms.CharField(required=False, label=label, widget=_lines(3))
        elif (field := _field(name, member, offers.get(name))) is not None:
            form.fields[name] = field
    return form


def members_of(asked: type[serializers.Serializer] | None) -> dict[str, Any]:
    return dict(asked().fields) if asked else {}


def _lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _field(name: str, member: Any, offered: Choices | None) -> forms.Field | None:
    told: dict[str, Any] = {"required": False, "label": LABELS.get(name, name.replace("_", " ").capitalize())}
    help_text: dict[str, Any] = {"help_text": "" if name in LABELS else (member.help_text or "").replace("`", "")}
    if name in NAMED_BY_THE_PAGE:
        return forms.CharField(required=False, widget=forms.HiddenInput)
    if isinstance(member, (serializers.BooleanField, WrittenBoolean)):
        return forms.BooleanField(**told)
    if isinstance(member, FileField):
        return forms.FileField(**told, **help_text)
    if isinstance(member, serializers.ChoiceField):
        said = STANCES if name == "stance" else {}
        known = [(str(v), said.get(str(v), str(label).replace("_", " "))) for v, label in member.choices.items()]
        return Choice(
            choices=known if member.required else [("", NOT_CHOSEN.get(name, "none")), *known],
            widget=forms.RadioSelect,
            **told,
        )
    if isinstance(member, serializers.ListField):
        if offered is not None:
            return Choose(choices=offered, widget=forms.CheckboxSelectMultiple, **told)
        is_of_words = isinstance(member.child, serializers.CharField)
        return forms.CharField(widget=_lines(3), **told, **help_text) if is_of_words else None
    if isinstance(member, serializers.Serializer):
        return Choice(choices=offered, widget=forms.Select, **told) if offered else None
    if offered is not None:
        return Choice(choices=offered, widget=forms.RadioSelect, **told) if offered or member.required else None
    if isinstance(member, serializers.DateTimeField):
        return forms.CharField(widget=forms.TextInput(attrs={"type": "datetime-local"}), **told, **help_text)
    if isinstance(member, serializers.IntegerField):
        return forms.IntegerField(**told, **help_text)
    if isinstance(member, serializers.CharField):
        is_long = (member.max_length or LONG + 1) > LONG and name != "url"
        widget = _lines(ROWS.get(name, 2)) if is_long else forms.TextInput()
        return forms.CharField(widget=widget, strip=False, **told, **help_text)
    return None


def body_of(asked: type[serializers.Serializer] | None, form: forms.Form) -> dict[str, Any]:
    """What the form says, as the API takes it. A choice that was not made is left out; an empty text is sent as one."""
    said: dict[str, Any] = {}
    for name, member in members_of(asked).items():
        if isinstance(member, serializers.ListSerializer):
            said[name] = _answers(name, member, form)
        elif name in form.fields:
            value = form.cleaned_data.get(name)
            if isinstance(member, serializers.ListField):
                said[name] = value if isinstance(value, list) else _non_empty_lines(value or "")
            elif isinstance(member, serializers.Serializer):
                kind, _, key = str(value or "").partition(":")
                said |= {name: {kind: key}} if kind else {}
            elif type(member) is serializers.CharField:
                said[name] = line_feeds(str(value or ""))
            elif value not in ("", None):
                said[name] = f"{value}Z" if isinstance(member, serializers.DateTimeField) else value
    return said


def parts_of(asked: type[serializers.Serializer] | None, form: forms.Form) -> dict[str, str]:
    """The same as the fields of a form with a file, in which everything is text."""
    written = {True: "true", False: "false"}
    said = {name: value for name, value in body_of(asked, form).items() if name != "file"}
    return {name: written[value] if isinstance(value, bool) else str(value) for name, value in said.items()}


def _answers(name: str, member: Any, form: forms.Form) -> list[dict[str, Any]]:
    """One object for each row that something was said to: its key, and the words."""
    key, words = member.child.fields
    told = {field.removeprefix(f"{name}-"): form.cleaned_data.get(field) or "" for field in _rows(name, form)}
    return [{key: row, words: line_feeds(text)} for row, text in told.items() if text.strip()]


def _rows(name: str, form: forms.Form) -> list[str]:
    return [field for field in form.fields if field.startswith(f"{name}-")]


def _non_empty_lines(text: str) -> list[str]:
    return [line for line in map(str.strip, text.splitlines()) if line]


def tell(form: forms.Form, problem: Mapping[str, Any]) -> None:
    """Put what the API refused beside the fields that it names."""
    errors = problem.get("errors") or []
    for error in errors:
        form.add_error(_place(form, error.get("pointer") or ""), error["detail"])
    if not errors:
        form.add_error(None, problem["detail"])


def _place(form: forms.Form, pointer: str) -> str | None:
    name = pointer.lstrip("/").partition("/")[0]
    return name if name in form.fields and name not in NAMED_BY_THE_PAGE else None
