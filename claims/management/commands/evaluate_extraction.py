"""How good the extractor is on labelled data that it has not seen."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.extraction import evaluation, labelled
from claims.extraction.checkworthiness import FOLDER, Model


def share(said: str) -> float:
    """A number from 0 to 1, from the command line."""
    try:
        value = float(said)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"{said} is not from 0 to 1")
    return value


class Command(BaseCommand):
    help = "Measure scores on labelled sentences (JSON Lines: text, label), or the splitter on documents (text, spans)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--positive", metavar="LABEL", help="the label of a check-worthy sentence (default: CFS, 1 or Yes)"
        )
        parser.add_argument("--group", metavar="FIELD", help="which text a sentence is of: MAP and P@5 over these")
        parser.add_argument(
            "--domain", default="debate", help="whose base rate and threshold (default: debate; or news)"
        )
        parser.add_argument("--threshold", type=share, help="from 0 to 1 (default: the domain's)")
        parser.add_argument("--model", type=Path, default=FOLDER, help="another model's folder than the shipped one's")
        parser.add_argument("--json", action="store_true", help="print one object")

    def handle(self, **options: Any) -> None:
        try:
            found = _of_sentences(options["file"]) if labelled.has_spans(options["file"]) else _of_scores(**options)
        except (OSError, labelled.BadRecord) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for name, value in found.items():
            self.stdout.write(f"{name:28}{value:>10,.4f}" if isinstance(value, float) else f"{name:28}{value:>10,}")


def _of_scores(
    file: Path, positive: str | None, group: str | None, domain: str, threshold: float | None, model: Path, **_: Any
) -> evaluation.Figures:
    rows = labelled.sentences(file, *([group] if group else []))
    positive = labelled.positive(file, rows, positive)
    labels = [row.label == positive for row in rows]
    try:
        scorer = Model(model)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"--model {model}: no model: {type(error).__name__}: {error}") from error
    if domain not in scorer.weights.base_rates:
        raise CommandError(f"--domain: {domain!r} is none of {', '.join(scorer.weights.base_rates)}")
    if scorer.trained_on == sha256(file.read_bytes()).hexdigest():
        raise CommandError(
            f"{file}: the model has seen it. `train_checkworthiness FILE --folds FIELD` scores unseen parts."
        )
    scorer.scores(["Load the model."], domain=domain)
    started = time.process_time()
    scores = scorer.scores([row.text for row in rows], domain=domain)
    seconds = time.process_time() - started
    if threshold is None:
        threshold = scorer.weights.thresholds[domain]
    groups = [row.more[group] for row in rows] if group else None
    found = evaluation.of_scores(scores, labels, threshold=threshold, groups=groups)
    return found | {"sentences_per_cpu_second": len(rows) / seconds}


def _of_sentences(file: Path) -> evaluation.Figures:
    documents = labelled.documents(file)
    started = time.process_time()
    found = evaluation.of_sentences(documents)
    return found | {"sentences_per_cpu_second": found["sentences"] / (time.process_time() - started)}
