"""Somebody else saved first: what each field was, what it is, what was typed, and a form in which nothing of that is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

BASE = "base-"  # before the name of a field: the hidden one beside it, which says what it was when the page was opened


@dataclass(frozen=True, slots=True)
class Compared:
    """A field that is not the same for all three, in words."""

    label: str
    base: str
    theirs: str
    mine: str

    @property
    def is_mine_alone(self) -> bool:
        return self.theirs == self.base

    @property
    def is_theirs_alone(self) -> bool:
        return self.mine == self.base


def bases(form: forms.Form, stored: Mapping[str, Any], mended: QueryDict | None = None) -> list[tuple[str, str]]:
    """The hidden fields beside a form: of a page that is opened now, or of the one that a form was sent from that has to be `mended`."""
    if mended is not None:
        return [(name, str(mended[name])) for name in mended if name.startswith(BASE)]
    return [(BASE + name, _plain(stored[name])) for name in form.fields if name in stored]


def compare(form: forms.Form, sent: QueryDict, stored: Mapping[str, Any]) -> list[Compared]:
    """Each field that somebody changed, as `sent` from the page and as `stored` now."""
    found = []
    for name in _written(form, stored):
        base, theirs, mine = _three(form, name, sent, stored)
        if len({base, theirs, mine}) > 1:
            found.append(Compared(str(form[name].label), *(_in_words(form, name, v) for v in (base, theirs, mine))))
    return found


def merged(form: forms.Form, sent: QueryDict, stored: Mapping[str, Any]) -> QueryDict:
    """What the form holds afterwards: what was typed; where nothing was, what is stored now. Hidden fields name what the page shows now."""
    data = sent.copy()
    for name in _written(form, stored):
        base, theirs, mine = _three(form, name, sent, stored)
        if form.fields[name].widget.is_hidden or (BASE + name in sent and mine == base):
            data.setlist(name, [theirs] if theirs else [])
    return data


def _written(form: forms.Form, stored: Mapping[str, Any]) -> list[str]:
    return [name for name in form.fields if name in stored and not isinstance(stored[name], list)]


def _three(form: forms.Form, name: str, sent: QueryDict, stored: Mapping[str, Any]) -> tuple[str, str, str]:
    mine = form.fields[name].widget.value_from_datadict(sent, {}, name)  # type: ignore[arg-type]
    return _plain(sent.get(BASE + name)), _plain(stored[name]), _plain(mine)


def _plain(value: Any) -> str:
    """As a browser would send it, but for its line breaks."""
    if value is None or value is False:
        return ""
    return "on" if value is True else str(value).replace("\r\n", "\n")


def _in_words(form: forms.Form, name: str, value: str) -> str:
    field = form.fields[name]
    if isinstance(field, forms.BooleanField):
        return "yes" if value else "no"
    known = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    return known.get(value, value)
