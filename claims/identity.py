"""What makes two texts one article. A change here is a data migration."""

from __future__ import annotations

from hashlib import sha256


def identity_of_url(canonical_url: str) -> str:
    """The identity (SHA-256, hex) of an article that has a URL, in its normal form (`claims.sources.urls`)."""
    return sha256(f"url\0{canonical_url}".encode()).hexdigest()


def identity_of_text(outlet: str, fingerprint: str) -> str:
    """The identity of an article without a URL: who printed it, in whatever case, and the fingerprint of its first text."""
    return sha256(f"text\0{outlet.lower()}\0{fingerprint}".encode()).hexdigest()
