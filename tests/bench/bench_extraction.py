"""Reading hostile text in linear time.

CPU seconds of this thread without the collector's pauses, the median of EXTRACTION_ROUNDS (7) interleaved rounds. The shorter
text has EXTRACTION_CHARS (10000) characters, or as many more as can be measured; what is still too fast is read several times.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

import pytest

from claims import extraction
from claims.extraction.base import Document
from claims.extraction.checkworthiness import shipped
from claims.text import fingerprint, sentences
from tests.bench.goals import DRY, met, size

CHARS = size("EXTRACTION_CHARS", 10_000, 1_000)
ROUNDS = size("EXTRACTION_ROUNDS", 7, 1)
MOST_GROWTH = 2.3
# Below this the clock's ticks and the caches' edges show.
LEAST_SECONDS = 0.0001 if DRY else 0.01
# Beyond this memory is what is measured: twice five million characters cost a fast reader 2.7 times as much, in page faults.
MOST_CHARS = 200_000

HOSTILE = {
    "one letter": "a",
    "words": "ab ",
    "capitals": "Ab ",
    "quotes": '"',
    "open quotes": "“",
    "quoted words": '"a" ',
    "brackets": "(",
    "digits": "1",
    "numbers": "1,2. ",
    "stops": "a. a. a. ",
    "said": "said said ",
    "according": "According to X, ",
    "names": "Ada Holm, who ",
    "change": "rose by 40 percent from 3 to ",
    "dates": "May 2 ",
    "days ago": "3 days ago ",
    "spaced figures": "10 000 ",
    "two things": "exports rose by 3 and imports fell by 4, ",
    "halves": "a quarter of a ",
    "list numbers": "1. ",
    "labels": "Image: ",
    "omissions": "[...] A ",
    "lines": "a\n",
    "accents": "e\u0301\u200b",
    "mixed": '“Ada said, (1,2) "rose by 3%." according to May 2\n\n— ',
}
READERS: dict[str, Callable[[str], object]] = {
    "extract": lambda text: _extracted([text]),
    "sentences": sentences,
    "fingerprint": fingerprint,
}


@pytest.mark.parametrize("reader", READERS)
def test_twice_the_text_takes_twice_the_time(reader: str) -> None:
    read = READERS[reader]
    print()
    slow = []
    for name, piece in HOSTILE.items():
        text = (piece * (2 * CHARS // len(piece) + 1))[:CHARS]
        read(text)
        while _cpu_seconds(read, text) < LEAST_SECONDS and len(text) < MOST_CHARS:
            text *= 2
        times = 1 + int(LEAST_SECONDS / _cpu_seconds(read, text))
        pairs = [
            (_cpu_seconds(read, text, times=times), _cpu_seconds(read, text + text, times=times)) for _ in range(ROUNDS)
        ]
        once, twice = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(
            f"  {reader:12} {name:13} {len(text):9,} chars {1000 * once / times:8.2f} ms   growth {twice / once:4.2f} (goal {MOST_GROWTH})"
        )
        if twice / once > MOST_GROWTH:
            slow.append((name, round(twice / once, 2)))
    met(not slow, slow)


def _extracted(texts: list[str]) -> None:
    """With nothing remembered of an earlier round."""
    shipped().judge.forget()
    for text in texts:
        extraction.get().extract(Document(text))


def _cpu_seconds(work: Callable[..., object], *arguments: object, times: int = 1) -> float:
    gc.collect()
    gc.disable()
    try:
        started = time.thread_time()
        for _ in range(times):
            work(*arguments)
        return time.thread_time() - started
    finally:
        gc.enable()
