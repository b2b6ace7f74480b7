"""Who says so: the chain of sources in a sentence, from the origin towards the article, and what they say without the frame.

Rules on cue words, read in one pass; no parser. English.
"""

from claims.extraction.attribution.chain import Attribution, find
from claims.extraction.attribution.phrases import subject
from claims.extraction.attribution.quotes import quoted_tokens

__all__ = ["Attribution", "find", "quoted_tokens", "subject"]
