"""Articles to measure with: as long as news is, no two alike, and the same each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import orjson

ARTICLE_CHARS = 2_900
_WORDS = (
    "the of government report said number people month percent according officials country year war economy border policy minister "
    "workers energy prices growth statement analysts million election council hospital school new after against between programme "
    "military agency daily budget rose fell tripled increased harbour ferry tax trial witness factory strike rainfall reservoir"
).split()


def write_articles(path: Path, count: int, *, seed: int = 1) -> None:
    """`count` rows of JSONL, about 3 kB each, with all the fields that a well kept archive has."""
    with path.open("wb") as file:
        for article in articles(count, seed=seed):
            file.write(orjson.dumps(article, option=orjson.OPT_APPEND_NEWLINE))


def articles(count: int, *, seed: int = 1) -> Iterator[dict[str, str]]:
    chance = random.Random(seed)
    for number in range(count):
        yield _article(chance, f"{seed}-{number}")


def _article(chance: random.Random, name: str) -> dict[str, str]:
    paper = chance.randint(1, 40)
    month, day, hour = chance.randint(1, 9), chance.randint(10, 28), chance.randint(10, 23)
    return {
        "url": f"https://www.paper{paper}.example/2025/{month}/{name}",
        "headline": f"{_sentence(chance, 8)} {name}",
        "author": "By Ada Ferrars",
        "publisher": f"Paper {paper}",
        "language": "en",
        "published_at": f"2025-0{month}-{day}T{hour}:30:00+03:00",
        "text": _text(chance),
    }


def _text(chance: random.Random) -> str:
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < ARTICLE_CHARS:
        sentences = (_sentence(chance, chance.randint(9, 24)) + "." for _ in range(chance.randint(2, 4)))
        paragraphs.append(" ".join(sentences))
    return "\n\n".join(paragraphs)


def _sentence(chance: random.Random, words: int) -> str:
    chosen = chance.choices(_WORDS, k=words)
    if words > 10:
        chosen[words // 2] = f"{chance.randint(2, 99_999):,}"
    return " ".join(chosen).capitalize()
