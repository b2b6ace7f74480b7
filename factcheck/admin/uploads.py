"""A form of the admin that brings a file along: read as the API reads one, since Django's own forms here take none."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework.authentication import CSRFCheck

from factcheck.api.problems import TooLarge
from factcheck.api.uploads import MAX_FORM_BYTES, Upload, boundary_of, read_form


def posted(request: HttpRequest, max_file_bytes: int) -> tuple[QueryDict, dict[str, Upload]]:
    """Fields and files of a form that was sent to a view which is `csrf_exempt` for that: its token is checked here, once it is read.

    Raises PermissionDenied without the token; Malformed (400) or TooLarge (413) for a form that cannot be read.
    """
    told = QueryDict(mutable=True)
    # Where Django looks for the token, and for what it would otherwise read from the body itself.
    request._post, request._files = told, MultiValueDict()  # type: ignore[attr-defined]
    limit = max_file_bytes + MAX_FORM_BYTES
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise TooLarge(f"A form may have {limit} bytes here.")
    parts = read_form(request.read(limit), boundary_of(request.META.get("CONTENT_TYPE", "")))
    for name, value in parts.items():
        if isinstance(value, str):
            told[name] = value
    check = CSRFCheck(lambda _: None)  # type: ignore[arg-type, return-value]
    check.process_request(request)
    if reason := check.process_view(request, None, (), {}):  # type: ignore[arg-type]
        raise PermissionDenied(f"The form cannot be trusted ({reason}). Nothing was changed.")
    return told, {name: value for name, value in parts.items() if isinstance(value, Upload)}
