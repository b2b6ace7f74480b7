"""Why a fetch brought nothing. Each says what and where; `url` among its further members is the address that was at fault."""

from __future__ import annotations

from typing import Any

from factcheck.errors import Problem


class FetchProblem(Problem):
    """The address as it was asked, and `url` the one that failed, which a redirect may have named. Neither holds a password."""

    code, status, title = "fetch_failed", 502, "The page could not be fetched"

    def __init__(self, url: str, detail: str, **extra: Any) -> None:
        super().__init__(f"{url[:200]}: {detail}", url=url, **extra)


class FetchFailed(FetchProblem):
    """No answer, a broken one, or one with another status than 2xx, which `answered` then holds.

    `retry_after_seconds` is how long the server asked to be left alone with that answer, None where it did not ask.
    `is_unknown_name` is True where the name servers said that there is no such name, False where they said nothing.
    """

    def __init__(
        self,
        url: str,
        detail: str,
        *,
        retry_after_seconds: float | None = None,
        is_unknown_name: bool = False,
        **extra: Any,
    ) -> None:
        super().__init__(url, detail, **extra)
        self.retry_after_seconds = retry_after_seconds
        self.is_unknown_name = is_unknown_name
        # A page that is not there, or not for us, is not there in a minute either.
        self.is_final = extra.get("answered") in (400, 401, 403, 404, 405, 406, 410, 451)


class FetchTimedOut(FetchProblem):
    code, status, title = "fetch_timed_out", 504, "The page did not come in time"


class BadUrl(FetchProblem):
    """Not an absolute http or https URL in a spelling that leaves one meaning."""

    code, status, title = "fetch_bad_url", 422, "This is no address that can be fetched"
    is_final = True


class FetchRefused(FetchProblem):
    """The address is well formed and leads where we do not go: into a private network, to another port, away from https."""

    code, status, title = "fetch_refused", 422, "This address is not fetched"
    is_final = True


class FetchTooLarge(FetchProblem):
    code, status, title = "fetch_too_large", 422, "The page is too large"
    is_final = True


class WrongType(FetchProblem):
    """`content_type` is what the address answered with instead of what was asked for."""

    code, status, title = "fetch_wrong_type", 422, "There is no page at this address"
    is_final = True
