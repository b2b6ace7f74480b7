"""The numbers of a sentence: amounts, ranges, shares, multiples and relative change, with what they are measured against.

A grammar over tokens, read once from left to right: no rule looks further than a fixed number of tokens, so the time is
linear. English.
"""

from claims.extraction.quantities.grammar import find

__all__ = ["find"]
