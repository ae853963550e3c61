"""Run a page's blocks as the browser does, in any order, as a program.

It takes the blocks, an order of them and their record, as JSON, and writes, as JSON,
which of them ran, and which of these print otherwise. It is a program of its own
because its Matplotlib is the browser's.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [
    str(ROOT / "docs" / "plugins" / "live" / "browser"),
    str(ROOT / "tests"),
    str(ROOT),
]

import runner  # noqa: E402, it stands there


def main() -> None:
    """Run blocks in this order, each with those that it needs now."""
    codes, order, records = json.loads(sys.stdin.read())
    ran, wrong = [], []
    runner.start()
    for index in order:
        for place in json.loads(runner.plan(json.dumps(codes), index)):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                error = json.loads(runner.run(place))["error"]
            text, tolerance = records[place]
            if error or not runner.is_same(text, printed.getvalue(), tolerance):
                wrong.append(f"block {place + 1}:\n{error or printed.getvalue()}")
            ran.append(place)
    json.dump([ran, wrong], sys.stdout)


main()
