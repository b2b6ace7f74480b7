"""Make the model of check-worthiness again: the same files give the same model on the same kind of processor."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.extraction import labelled
from claims.extraction.checkworthiness import FOLDER


class Command(BaseCommand):
    help = (
        "Train the model of check-worthiness on labelled sentences (JSON Lines: text, label). Needs the extra `train`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("file", type=Path, help="sentences of debates; a tenth of them is held out for what is fitted last")
        add("--positive", metavar="LABEL", help="of a check-worthy sentence (default: CFS, 1 or Yes)")
        add("--factual", metavar="LABEL", default="UFS", help="of one that only states a fact (default: UFS)")
        add("--news", type=Path, help="sentences of news, for the weights that are fitted last and a base rate")
        add("--news-positive", metavar="LABEL", default="2", help="of a check-worthy one there (default: 2)")
        add("--output", type=Path, default=FOLDER, help="a folder (default: that of the shipped model)")
        add(
            "--folds",
            metavar="FIELD",
            help="write nothing: score each part that the field names by a model of the others",
        )
        add("--report", action="store_true", help="print every figure of every fold as JSON, not their means alone")

    def handle(self, **options: Any) -> None:
        try:
            from claims.extraction.training import making
            from claims.extraction.training.network import Example
        except ModuleNotFoundError as error:
            raise CommandError(
                f"{error}: training needs more packages. uv pip install -r pyproject.toml --extra train"
            ) from error
        file, folds = options["file"], options["folds"]
        try:
            rows = labelled.sentences(file, *([folds] if folds else []))
            positive = labelled.positive(file, rows, options["positive"])
            news = _news(options["news"], options["news_positive"]) if options["news"] else []
        except (OSError, labelled.BadRecord) as error:
            raise CommandError(str(error)) from error
        is_told = any(row.label == options["factual"] for row in rows)
        examples = [
            Example(row.text, row.label == positive, row.label in (positive, options["factual"]) if is_told else None)
            for row in rows
        ]
        if folds:
            parts = [row.more[folds] for row in rows]
            found = making.figures(making.score_folds(examples, parts, report=self._say), examples, parts)
            self.stdout.write(json.dumps(found if options["report"] else found["mean"], indent=1))
            return
        trained_on = sha256(file.read_bytes()).hexdigest()
        making.train(examples, news, options["output"], trained_on=trained_on, report=self._say)
        self.stdout.write(
            f"{len(rows)} sentences, {sum(each.is_check_worthy for each in examples)} check-worthy: {options['output']}"
        )

    def _say(self, line: str) -> None:
        self.stderr.write(line)
        self.stderr.flush()


def _news(file: Path, positive: str) -> list[tuple[str, bool]]:
    rows = labelled.sentences(file)
    labelled.positive(file, rows, positive)
    return [(row.text, row.label == positive) for row in rows]
