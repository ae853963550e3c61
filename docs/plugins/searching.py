"""Let the site's search put first the page that a message or a symptom is about.

MkDocs loads this file as a hook. Each message of the recorded table, and each page's
other names, become an entry of the index, which leads to the top of the page. Words
that stand in every message are no words to search for, nor is what stands in code,
which the text around it names.
"""

import json
import re
from collections.abc import Iterator
from html import escape
from itertools import count
from pathlib import Path

from material.plugins.search import plugin as search
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority

from docs.plugins.pages import DOCS

TABLE = DOCS / "outputs" / "errors" / "messages.md"
ROW = re.compile(r"\| (.+) \| \[.+?\]\((.+?)\.md\): (.+?)\. \*Fix:\*")
EMPTY_WORDS = """a|an|and|are|as|at|be|been|but|by|can|do|does|for|from|got|has|have|if
|in|into|is|it|its|must|no|not|of|off|on|only|or|should|than|that|the|them|then|there
|these|this|to|was|were|when|which|will|with|you|your""".replace("\n", "")
SIGNS = r"""[\s\-.,:;!?=\[\](){}"`'’<>&/*%+…]"""
NOT_SEARCHED = re.compile(
    r'<svg .*?</svg>|<div class="[^"]*\bhighlight".*?</pre></div>', re.DOTALL
)
OTHER_NAMES = {
    "chapters/your-own-data": "csv file, my own dataset, missing values, impute, "
    "categorical columns, one-hot encoding, date column",
    "chapters/own-data-lab": "upload a file, without programming, no code, playground "
    "for a table",
    "chapters/autograd": "micrograd, topological sort, automatic differentiation",
    "errors/image-shapes": "channels first, channels last, missing batch dimension, "
    "flatten size after convolution, unsqueeze",
    "errors/dataloader": "collate, different lengths, num_workers, freeze support, "
    "main guard, drop_last",
    "errors/saving-and-loading": "load_state_dict, save model, load model, checkpoint, "
    "module prefix, resume training",
    "errors/out-of-memory": "oom, memory grows, gpu memory full",
    "errors/in-place-modification": "inplace relu, version counter, gan two optimisers",
    "errors/hidden-state-not-detached": "rnn hidden state, lstm state, detach, "
    "truncated backpropagation through time, retain_graph slower and slower",
    "errors/stuck-at-ln-c": "loss stuck at 0.693, loss stuck at 1.099, loss stuck at "
    "2.303, always predicts one class, classifier predicts one class",
    "errors/loss-is-nan": "loss nan, loss inf, infinity, exploding gradients, learning "
    "rate too high, loss explodes",
    "errors/log-of-zero": "nan after log, cross entropy nan, loss nan but weights fine",
    "errors/constant-column": "nan after standardising, standard deviation zero",
    "errors/overfitting": "validation loss rises, memorised, generalisation gap, early "
    "stopping, training loss goes down and validation loss goes up",
    "errors/nothing-is-learned": "model not learning, loss not decreasing, loss does "
    "not decrease, flat line, learning rate too low, vanishing gradients, network is "
    "not training, network does not train, accuracy stays at chance",
    "errors/oscillating-loss": "loss oscillates, zigzag, unstable, jumps up and down",
    "errors/forgotten-zero-grad": "gradients accumulate, gradient accumulation, "
    "missing zero_grad",
    "errors/forgotten-eval": "different predictions for one input, random predictions, "
    "training mode, batch norm with a single row, drop_last, batchnorm with batch size "
    "1",
    "errors/broadcast-loss": "all predictions are the same, same prediction for every "
    "row, broadcasting, (n, 1) and (n,), output is always the mean, predictions are "
    "all equal",
    "errors/data-leakage": "perfect accuracy, 100 % accuracy, suspiciously good",
    "errors/different-devices": "move model to GPU, move batch to GPU, input type "
    "cuda, weight type cpu, cuda error",
    "errors/wrong-dtype": "float64 and float32, input type double, weight type float, "
    "labels as long",
    "errors/shape-mismatch": "shapes do not match, sizes of a matrix multiplication, "
    "dimension mismatch",
    "errors/best-weights-not-copied": "restore best model, deepcopy, state_dict, "
    "checkpoint",
    "errors/optimizer-without-parameters": "weights do not change, weights are not "
    "updated, optimizer does nothing, no parameters, ModuleList",
    "errors/softmax-twice": "double softmax, softmax before CrossEntropyLoss, logits",
    "errors/zero-initialisation": "zero initialization, weights initialised to zero, "
    "identical units, symmetry, every gradient zero",
    "errors/no-activation": "no activation function, only linear layers, missing ReLU",
    "errors/output-activation": "relu on output, sigmoid on output, regression output, "
    "never negative",
    "errors/rare-classes": "imbalanced classes, class imbalance, always predicts one "
    "class, majority class, pos_weight, recall, unbalanced dataset, skewed",
    "errors/shuffled-apart": "shuffle X and y separately, shuffled labels, shuffled "
    "targets, rows that do not belong together",
    "errors/unshuffled-data": "data not shuffled, shuffle=False, sorted by class, "
    "DataLoader in file order",
    "errors/not-reproducible": "not reproducible, different results every run, random "
    "seed, manual_seed, default_rng",
    "errors/wrong-backward": "wrong gradient, gradient check fails, backpropagation "
    "bug",
    "errors/pooling-ties": "max pooling backward, maxpool gradient, several maxima, "
    "equal entries, argmax ties",
    "errors/graph-errors": "backward twice, second backward, grad is None, "
    "retain_graph, detach",
    "errors/preprocessing-mismatch": "scaler at inference, StandardScaler fit on test, "
    "predictions wrong in production, deployment",
    "errors/diagnose": "doctor, debug a neural network, find the mistake",
    "deeper/stable-forms": "overflow in exp, log-sum-exp, underflow, softmax overflow",
    "deeper/units-that-stop-learning": "dying relu, dead units, saturated units",
}


@event_priority(100)  # before the search reads its settings
def on_config(config: MkDocsConfig) -> None:
    """Tell the search between which signs and words the words stand."""
    words = re.sub(
        r"\b\w", lambda first: f"[{first[0]}{first[0].upper()}]", EMPTY_WORDS
    )
    separator = rf"(?:{SIGNS}|\b(?:{words}|\w)\b)+"
    config.plugins["material/search"].config.separator = separator


class ProseParser(search.Parser):
    """The search's parser, without figures and code."""

    def feed(self, html: str) -> None:
        """Find the sections of a page."""
        super().feed(NOT_SEARCHED.sub("", html))


search.Parser = ProseParser


@event_priority(-100)  # behind the search, which writes the index
def on_post_build(config: MkDocsConfig) -> None:
    """Add the entries that no page has."""
    file = Path(config.site_dir, "search", "search_index.json")
    index = json.loads(file.read_text(encoding="utf-8"))
    index["docs"] += entries()
    file.write_text(json.dumps(index, separators=(",", ":")), encoding="utf-8")


def entries() -> Iterator[dict]:
    """Yield an entry for each recorded message, and for each page's other names."""
    numbers = count(1)
    table = TABLE.read_text(encoding="utf-8") if TABLE.is_file() else ""
    for shown, address, cause in ROW.findall(table):
        page = address.removeprefix("../") if "/" in address else f"errors/{address}"
        for message in re.findall("`` (.+?) ``", shown):
            place = {"location": f"{page}/#message-{next(numbers)}", "boost": 2}
            text = re.sub(r"\\(.)", r"\1", cause)
            yield place | {"title": escape(message, quote=False), "text": text}
    for page, names in OTHER_NAMES.items():
        place = {"location": f"{page}/#other-names", "boost": 3}
        yield place | {
            "title": f"Also called: {escape(names, quote=False)}",
            "text": "",
        }
