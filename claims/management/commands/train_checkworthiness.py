"""Fit the check-worthiness model again: the same files give the same model."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.extraction import training
from claims.extraction.checkworthiness import MODEL_FILE


class Command(BaseCommand):
    help = "Fit the check-worthiness model on labelled sentences (JSON Lines with text and label)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="sentences of debates: sets every weight")
        parser.add_argument("--positive", default="CFS", help="the label of a check-worthy sentence (default: CFS)")
        parser.add_argument(
            "--news", type=Path, required=True, help="sentences of news: set the base rate of news only"
        )
        parser.add_argument("--news-positive", default="2", help="its label of a check-worthy sentence (default: 2)")
        parser.add_argument("--data", required=True, help="what the files are and their licence, for the model file")
        parser.add_argument("--output", type=Path, default=MODEL_FILE, help="default: the model that is shipped")

    def handle(self, **options: Any) -> None:
        rows, labels = _read(options["file"], options["positive"])
        model = training.fit(rows, labels, domain="debate")
        model = training.with_base_rate(model, *_read(options["news"], options["news_positive"]), domain="news")
        stored = {
            "about": "Weights in log-odds of claims/extraction/checkworthiness.py, written by train_checkworthiness.",
            "data": options["data"],
            "base_rates": model.base_rates,
            "features": model.features,
            "wording": model.wording,
        }
        options["output"].write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        self.stdout.write(f"{len(rows)} sentences, {sum(labels)} check-worthy: {options['output']}")


def _read(file: Path, positive: str) -> tuple[list[training.Row], list[bool]]:
    try:
        records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        labels = [str(record["label"]) == positive for record in records]
        rows = training.read_rows(record["text"] for record in records)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{file}: expected JSON Lines with text and label: {error!r}") from error
    if len(set(labels)) < 2:
        raise CommandError(f"{file}: no sentence, or every sentence, has the label {positive!r}")
    return rows, labels
