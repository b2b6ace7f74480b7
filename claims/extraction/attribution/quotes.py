"""Which tokens are quoted."""

from __future__ import annotations

from claims.extraction.tokens import Token


def quoted_tokens(tokens: list[Token]) -> list[bool]:
    """Which tokens stand inside double quotation marks (the marks too); an open quotation runs to the end."""
    inside = False
    found = []
    quoted_from_start = 0  # an earlier sentence opened the quotation that closes here
    for index, token in enumerate(tokens):
        if token.word in ("“", "«", "„"):
            inside = True
            found.append(True)
        elif token.word in ("”", "»"):
            found.append(True)
            if not inside:
                quoted_from_start = len(found)
            inside = False
        elif token.word == '"':
            is_opening = not inside and index + 1 < len(tokens) and (token.end == tokens[index + 1].start)
            is_opening = is_opening and (
                index == 0 or tokens[index - 1].end < token.start or not tokens[index - 1].is_word
            )
            found.append(True)
            if not inside and not is_opening:
                quoted_from_start = len(found)
            inside = not inside and is_opening
        else:
            found.append(inside)
    return [True] * quoted_from_start + found[quoted_from_start:]
