"""Where django-allauth asks us. Whichever way a sign-in takes, with a second step or without, it ends in `login`."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from factcheck import throttles
from factcheck.accounts.models import User
from factcheck.audit import events

logger = logging.getLogger(__name__)


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return throttles.address_of(request)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """None: they would be kept for a page that a front end never opens."""

    def login(self, request: HttpRequest, user: User) -> None:
        """Give the browser a session of this user under a new key, and record it with it."""
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            super().login(request, user)
            events.record(user, "sign_in", actor=user)
        throttles.forgive_sign_in(request, user.get_username())
        logger.info("%s signed in from %s", user.get_username(), throttles.address_of(request))
