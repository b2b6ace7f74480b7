"""The one way in and out for people at a browser, through the API or the admin. Scripts and machines send tokens instead."""

from __future__ import annotations

import logging
from typing import TypedDict

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.stagekit import get_pending_stage
from allauth.account.models import Login
from allauth.headless.constants import Client
from allauth.headless.internal.decorators import mark_request_as_headless
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from factcheck import throttles
from factcheck.accounts import people
from factcheck.accounts.models import User
from factcheck.accounts.permissions import actor_of
from factcheck.audit import events
from factcheck.errors import FieldError, InvalidInput, Problem, Throttled

logger = logging.getLogger(__name__)


class WrongCredentials(Problem):
    """One answer for a wrong password, an unknown name and an account that may not sign in: it tells nobody which names exist."""

    code, status, title = "wrong_credentials", 401, "The name or the password is wrong"


class SecondStepNeeded(Problem):
    """The password was right, and nobody is signed in yet: `steps` names what this sign-in waits for."""

    code, status, title = "second_step_needed", 401, "Signing in needs another step"

    class Extra(TypedDict):
        steps: list[str]


def sign_in(request: HttpRequest, username: str, password: str, *, staff_only: bool = False) -> User:
    """Give this browser a session, under a new key and a new CSRF token. Whoever was signed in before is signed out.

    Raises Throttled (429) without looking at the password, WrongCredentials (401), and SecondStepNeeded (401) where a stage of
    allauth's holds the sign-in up. None of them leaves a session of somebody.
    """
    username = User.normalize_username(username)
    count_attempt(request, username)
    user: User | None = get_adapter().authenticate(request, username=username, password=password)
    if user is None or (staff_only and not user.is_staff):
        _note_refusal(request, username)
        raise WrongCredentials
    sign_out(request)
    # No stage then answers with a redirect to a page of allauth's, which we do not have.
    mark_request_as_headless(request, Client.BROWSER)
    perform_password_login(request, {"username": username}, Login(user=user))
    if not request.user.is_authenticated:
        stage = get_pending_stage(request)
        raise SecondStepNeeded(steps=[str(stage.key)]) if stage else WrongCredentials
    return user


def sign_out(request: HttpRequest) -> None:
    """End the session of this browser, or the sign-in that it has begun. Other browsers of the same person stay signed in."""
    with transaction.atomic():
        if request.user.is_authenticated:
            user = User.objects.select_for_update(no_key=True).get(pk=request.user.pk)
            events.record(user, "sign_out", actor=user)
        get_adapter().logout(request)


def change_password(request: HttpRequest, current: str, new: str) -> None:
    """Change the password of who is signed in: this browser stays signed in under a new key, every other one is signed out.

    Raises Throttled (429), guesses at the present password being attempts to sign in, and InvalidInput (422).
    """
    user = actor_of(request)
    count_attempt(request, user.get_username())
    with people.watching_password(user.pk, actor=user):
        if not user.check_password(current):
            _note_refusal(request, user.get_username())
            raise InvalidInput(errors=[FieldError("wrong_password", "It is another one.", pointer="/current_password")])
        try:
            validate_password(new, user)
        except ValidationError as error:
            found = [
                FieldError(each.code or "invalid", str(each.messages[0]), "/new_password") for each in error.error_list
            ]
            raise InvalidInput(errors=found) from None
        user.set_password(new)
        user.save(update_fields=["password"])
        update_session_auth_hash(request, user)
    throttles.forgive_sign_in(request, user.get_username())


def count_attempt(request: HttpRequest, username: str) -> None:
    """Before anybody looks whether a password is right. Raises Throttled (429)."""
    if over := throttles.count_sign_in(request, username):
        detail = "Too many attempts to sign in. Nothing was checked."
        raise Throttled(detail, retry_after_seconds=over.reset_seconds)


def _note_refusal(request: HttpRequest, username: str) -> None:
    # Only a name that exists: people type their password there.
    is_known = User.objects.filter(username=username).exists()
    name = username if is_known else "a name that nobody has"
    logger.warning("Refused a password for %s from %s", name, throttles.address_of(request))
