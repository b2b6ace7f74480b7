"""What a request of any method shares: the addresses that a target may be asked at, and one problem for each way to fail."""

from __future__ import annotations

import http.client
import logging
import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from factcheck.fetch.addresses import Address, is_public, is_unknown_name, resolve
from factcheck.fetch.problems import FetchFailed, FetchRefused, FetchTimedOut
from factcheck.fetch.targets import Target
from factcheck.fetch.wire import Limits

logger = logging.getLogger(__name__)


def addresses_of(target: Target, limits: Limits) -> list[Address]:
    """Those of its name, asked once, all of which are the public's unless the target is allowed. Raises FetchRefused, and what
    `resolve` raises.
    """
    if target.address is not None:
        return [target.address]
    addresses = resolve(target.host, target.port, limits.seconds_left())
    # One that is not public among others is how a name is made to lead inside on the second try.
    if not target.is_allowed and not all(is_public(address) for address in addresses):
        # Which ones stays here: outside, it would be a map of the network's own names.
        logger.warning("%s leads to %s and is not fetched", target.host, ", ".join(map(str, addresses)))
        raise FetchRefused(target.url, "the name leads to an address that is not public")
    return addresses


@contextmanager
def failing_as_told(target: Target) -> Iterator[None]:
    """Whatever goes wrong within it on the way to the target and back is FetchTimedOut or FetchFailed."""
    try:
        yield
    except TimeoutError as error:
        raise FetchTimedOut(target.url, str(error) or "no answer in time") from error
    except ssl.SSLCertVerificationError as error:
        raise FetchFailed(target.url, f"the certificate is not to be trusted: {error.verify_message}") from error
    except (OSError, http.client.HTTPException, zlib.error, ValueError) as error:
        detail = f"{type(error).__name__}: {error}"[:500]
        raise FetchFailed(target.url, detail, is_unknown_name=is_unknown_name(error)) from error


def retry_after(response: http.client.HTTPResponse) -> float | None:
    """Seconds or a date (RFC 9110, 10.2.3); None for anything else."""
    written = response.headers.get("Retry-After", "").strip()
    if written.isascii() and written.isdigit():
        return float(written[:9])
    try:
        return max((parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
