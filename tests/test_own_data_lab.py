"""The lab of own data reads dirty files, learns as NumPy does, sends nothing."""

import csv
import io
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sklearn.linear_model import LinearRegression, LogisticRegression

from docs.plugins.csv_reader import PACKAGE
from snippets.chapters import gradient_descent, your_own_data
from snippets.chapters.backpropagation import mse
from snippets.chapters.classifying_digits import cross_entropy, cross_entropy_gradient
from snippets.chapters.gradient_descent import mse_gradient
from tests.browser import watch
from tests.labs import (
    ADDRESSES,
    LABS,
    assert_accessible_and_fits,
    hidden_activation,
    main_thread,
    open_lab,
    press,
    ready_lab,
    status,
)

if not PACKAGE.is_dir():
    pytest.skip("Papa Parse is missing: `make live` gets it", allow_module_level=True)

LAB = "own-data-lab"
PAGE = ADDRESSES[LAB]
READY = re.compile("^Ready to predict")


def cells(n: int = 120, seed: int = 0) -> dict[str, list]:
    """Return a clean table: two numbers, a category, a date, a target."""
    rng = np.random.default_rng(seed)
    size, age = rng.normal(50, 20, n).round(2), rng.integers(1, 90, n)
    town = rng.choice(["Delhi", "Pune", "Surat"], n)
    day = [f"{date(2026, 1, 1) + timedelta(int(k))}" for k in rng.integers(0, 300, n)]
    price = 3 * size - age + 20 * (town == "Pune") + rng.normal(0, 9, n)
    columns = {"size": size, "age": age, "town": town, "day": day}
    return {k: [*map(str, v)] for k, v in (columns | {"price": price.round(2)}).items()}


def written(columns: dict[str, list], separator: str = ",", end: str = "\n") -> str:
    """Return the columns as CSV text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator=end)
    writer.writerows([columns, *zip(*columns.values(), strict=True)])
    return buffer.getvalue()


def changed(name: str, texts: dict[int, str], **options: str) -> str:
    """Return the table with other texts in one column, by the file's row numbers."""
    columns = cells()
    for row, text in texts.items():
        columns[name][row - 2] = text
    return written(columns, **options)


def with_column(name: str, texts: list, **options: str) -> str:
    """Return the table with one column more, before the target."""
    return written({name: texts} | cells(), **options)


def with_target(name: str, texts: list) -> str:
    """Return the table with another target."""
    columns = cells()
    del columns["price"]
    return written(columns | {name: texts})


def commas(text: str) -> str:
    return text.replace(",", ";").replace(".", ",")


N = range(120)
CLEAN = written(cells())
LINES = CLEAN.splitlines(keepends=True)
LATE = ["late" if k % 3 else "on time" for k in N]
HANDLED = {
    "decimal commas, semicolons, a mark at the start": (
        "\ufeff" + commas(CLEAN),
        ["120 different rows, 5 columns, separated by semicolons."],
    ),
    "Windows-1252": (
        CLEAN.replace("Pune", "Zürich").encode("cp1252"),
        ["It is read as Windows-1252"],
    ),
    "UTF-16": (CLEAN.encode("utf-16"), ["120 different rows, 5 columns"]),
    "tabs and the line ends of old Macs": (
        written(cells(), "\t", "\r"),
        ["120 different rows, 5 columns, separated by tabs."],
    ),
    "line breaks, separators and quotes inside of cells": (
        changed("town", {2: 'Pune, the "old"\ntown', 9: 'Pune, the "old"\ntown'}),
        ["120 different rows, 5 columns", "Inputs: 1"],
    ),
    "empty lines, and empty cells at the ends of rows": (
        "".join(
            [*LINES[:3], "\n", ",,,,\n", LINES[3].replace("\n", ",,\n"), *LINES[4:]]
        ),
        ["120 different rows, 5 columns"],
    ),
    "gaps of many spellings": (
        changed("age", {2: "", 3: "n/a", 4: "-", 5: " ? ", 6: "NaN", 7: "NULL"}),
        ["“age” has gaps, rows 2, 3, 4 and more: each becomes the mean"],
    ),
    "gaps in a category and in a date": (
        changed("town", {2: "", 3: "n/a"}).replace("2026-01-0", "2026-02-3"),
        ["“day”: ", "that are no date, “2026-02-3", "count as missing"],
    ),
    "text in a column of numbers": (
        changed("age", {12: "about 30", 30: "inf", 31: "1e999"}),
        [
            "“age”: 3 cells that are no number, “about 30” in row 12, “inf” in row 30, "
            "“1e999” in row 31, count as missing."
        ],
    ),
    "rows that are longer or shorter": (
        "".join([*LINES[:7], "1,2\n", *LINES[8:20], "1,2,3,4,5,6\n", *LINES[21:]]),
        ["2 rows left out: row 1 has 5 cells, row 8 has 2."],
    ),
    "rows that repeat": (
        CLEAN + LINES[3] + LINES[9],
        ["2 rows left out that repeat another one, such as row 122, the same as row 4"],
    ),
    "a constant column": (
        with_column("city", ["Pune"] * 120),
        ["“city” has the same value in all training rows, Pune"],
    ),
    "a column that counts": (
        with_column("order", [*range(1001, 1121)]),
        ["“order” counts the rows"],
    ),
    "a column of names": (
        with_column("driver", [f"driver {k}" for k in N]),
        ["“driver” has 84 different texts in 84 training rows: it names the row"],
    ),
    "an empty column": (
        with_column("notes", [""] * 120),
        ["“notes” is empty in the training rows"],
    ),
    "names that are missing or twice there": (
        "size,size,,day,price\n" + "".join(LINES[1:]),
        [
            "Columns 1 and 2 are both called “size”. The second is “size (2)” here.",
            "Column 3 has no name in row 1. It is called “column 3” here.",
        ],
    ),
    "a sign between thousands": (
        with_column("value", ["1,000", "12"] * 60),
        ["“value”: ", ",000 is taken for 1000. If that is wrong"],
    ),
    "days and months that can be swapped": (
        with_column("paid", [f"{1 + k % 12:02}/{1 + k % 11:02}/2026" for k in N]),
        ["“paid” can have the day first or the month first"],
    ),
    "rows without a target": (
        changed("price", {5: "", 40: "?", 41: "much"}),
        [
            "2 rows without “price” left out, rows 5, 40",
            "1 row left out, because “price” is no number there: “much” in row 41.",
        ],
    ),
    "a class with two rows": (
        with_target("outcome", ["lost", "lost", *LATE[2:]]),
        [
            "The class “lost” of “outcome” has 2 rows (rows 2, 3): too few to learn "
            "from and to test on."
        ],
    ),
    "a value that no training row has": (
        changed("town", {k: f"town {k}" for k in (*range(2, 12), 50, 80)}),
        ["in no training row. All its inputs are 0 there."],
    ),
}
REFUSED = {
    "an empty file": ("", "The file is empty."),
    "names alone": (LINES[0], "a row of names, and no rows below it"),
    "a workbook": (b"PK\x03\x04rest", "This is a workbook or an archive"),
    "bytes": (b"a,b\n\0\0,1\n", "The file holds bytes that no text has"),
    "a quotation mark that stays open": (
        "".join([*LINES[:4], '"', *LINES[4:]]),
        "Row 5 opens a quotation mark that nothing closes",
    ),
    "no names": (
        "1,2,3\n" * 60,
        "Row 1 holds only numbers (1, 2, 3)",
    ),
    "one column": ("price\n1\n2\n", "The first row has one column"),
    "few rows": ("".join(LINES[:31]), "The file has 30 rows to learn “price” from"),
    "many columns": (
        ",".join(f"c{k}" for k in range(101)) + "\n",
        "The file has 101 columns. The lab takes up to 100.",
    ),
    "rows of another length than the names": (
        "size,price\n" + "".join(LINES[1:]),
        "Row 1 has 2 columns, but row 2 has 5",
    ),
    "one class and a rare one": (
        with_target("outcome", [*["lost"] * 4, *["late"] * 116]),
        "“outcome” has 1 class with at least 10 rows. The lab needs 2 to 20.",
    ),
    "too many classes": (
        with_target("outcome", [f"class {k % 40}" for k in N]),
        "“outcome” has 0 classes with at least 10 rows",
    ),
}


def opened(page: Page) -> Locator:
    """Open the lab, and nothing else of its page; return it, ready for a file."""
    lab = open_lab(page, LAB)
    expect(chooser(lab)).to_be_enabled()
    return lab


def chooser(lab: Locator) -> Locator:
    return lab.get_by_label("CSV file")


def choose(lab: Locator, content: str | bytes, name: str = "table.csv") -> None:
    """Give the lab a file."""
    content = content.encode() if isinstance(content, str) else content
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    chooser(lab).set_input_files(file)


def notes(lab: Locator) -> Locator:
    return lab.locator(".own-notes")


@pytest.fixture(scope="module")
def one_lab(shared_context: BrowserContext) -> Iterator[Locator]:
    """Keep one lab for many files, as a reader who tries one after the other."""
    page = shared_context.new_page()
    problems = watch(page)
    yield opened(page)
    page.close()
    assert not problems, "\n".join(problems)


# What a file may hold


@pytest.mark.parametrize("name", HANDLED)
def test_a_dirty_file_is_read_and_its_faults_are_named(one_lab, name):
    content, sentences = HANDLED[name]
    choose(one_lab, content, f"{name}.csv")
    for sentence in sentences:
        expect(notes(one_lab)).to_contain_text(sentence)
    expect(status(one_lab)).to_have_text(READY)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(one_lab, name):
    content, sentence = REFUSED[name]
    choose(one_lab, content, f"{name}.csv")
    expect(status(one_lab)).to_contain_text(sentence)
    expect(one_lab.get_by_role("button", name="Start")).to_have_count(0)


def test_the_lab_goes_on_after_a_refusal_and_a_choice_that_mends_it(one_lab):
    choose(one_lab, with_target("price", ["7"] * 120))
    expect(status(one_lab)).to_have_text(re.compile("^Ready to predict “town”"))
    one_lab.get_by_label("Predict", exact=True).select_option("price")
    expect(status(one_lab)).to_contain_text("“price” is left out. Choose its type")
    one_lab.get_by_label("Type of price").select_option(".")
    expect(status(one_lab)).to_contain_text("“price” is 7 in every training row")
    one_lab.get_by_label("Predict", exact=True).select_option("size")
    expect(status(one_lab)).to_have_text(re.compile("^Ready to predict “size”"))
    one_lab.get_by_label("Type of day").select_option("category")
    expect(notes(one_lab)).to_contain_text("“day” has")
    one_lab.get_by_label("Type of size").select_option("out")
    expect(status(one_lab)).to_contain_text("“size” is left out")


# The arithmetic

READ = """
  const { exampleFile } = await load("own-data-lab");
  const { readTable, guessTypes } = await load("own-data-table");
  const { prepare } = await load("own-data-model");
  const { Run, baselinesOf } = await load("own-data-run");
  const table = readTable(Papa, text ?? await (await exampleFile()).text());
  const typeOf = ({ name, type }) => leftOut.includes(name) ? "out" : type;
  const types = guessTypes(table).map(typeOf);
  const data = prepare(table, { target: target ?? table.names.at(-1), types });
  const run = new Run(data, settings);
  const baselines = baselinesOf(data);"""
REPLAY = f"""async ({{ text, settings, leftOut, target }}) => {{
  {READ}
  const rowOf = ({{ columns: n, data }}, row) =>
    [...data.subarray(row * n, (row + 1) * n)];
  const nested = (M) => Array.from({{ length: M.rows }}, (_, row) => rowOf(M, row));
  const first = [run.network.W.map(nested), run.network.b.map(nested)];
  const batches = Array.from({{ length: 200 }}, () => run.nextRows());
  const losses = batches.map((rows) => run.step(rows));
  const lines = data.rows.train.map((row) => table.lines[row]);
  const [X, X_validation] = [data.X.train, data.X.validation].map(nested);
  const [y, y_validation] = [data.y.train, data.y.validation].map(nested);
  const sides = {{ X, y, X_validation, y_validation }};
  return {{ first, batches, losses, lines, baselines: baselines.rows, ...sides }};
}}"""
EXAMINE = f"""async ({{ text, settings, leftOut, target, steps }}) => {{
  {READ}
  for (let step = 0; step < steps; step++) {{
    if (step % 50 === 0) run.measure(baselines);
    run.step();
  }}
  const {{ score, findings }} = run.measure(baselines);
  const [constant, simple] = baselines.rows.map(({{ validation }}) => validation);
  const kinds = [...data.findings, ...findings].map(({{ kind }}) => kind);
  return {{ score, constant, simple, findings: kinds, n: data.rows.train.length }};
}}"""
PARTS = ("X", "y", "X_validation", "y_validation")
SETTINGS = {"hidden": [16, 8], "learningRate": 0.05, "activation": "relu", "seed": 0}
RUNS = {
    "a number": (CLEAN, {}),
    "a number, tanh": (CLEAN, {"activation": "tanh"}),
    "a number, no hidden units": (CLEAN, {"hidden": []}),
    "a class": (with_target("outcome", LATE), {}),
    "a class, tanh": (
        with_target("outcome", LATE),
        {"activation": "tanh", "hidden": [8]},
    ),
    "a class, no hidden units": (with_target("outcome", LATE), {"hidden": []}),
    "three classes, gaps": (
        with_target("outcome", [("a", "b", "c")[k % 3] for k in N]).replace(",7", ",?"),
        {"learningRate": 0.5},
    ),
}


def run_in(
    modules: Page,
    program: str,
    text: str | None,
    leftOut: tuple = (),
    target: str | None = None,
    steps: int = 0,
    **settings: object,
) -> dict:
    """Run a program on a table, or on the course's orders, and its last column."""
    modules.add_script_tag(path=PACKAGE / "papaparse.min.js")
    given = {"text": text, "leftOut": leftOut, "target": target, "steps": steps}
    return modules.evaluate(program, given | {"settings": SETTINGS | settings})


def replayed(record: dict, learning_rate: float) -> list[float]:
    """Take the same 200 steps with the course's forward and backward."""
    W, b = ([np.array(M, float) for M in matrices] for matrices in record["first"])
    X, y = np.array(record["X"]), np.array(record["y"])
    loss, gradient = (
        (mse, mse_gradient)
        if y.shape[1] == 1
        else (cross_entropy, cross_entropy_gradient)
    )
    losses = []
    for rows in record["batches"]:
        A = gradient_descent.forward(X[rows], W, b)
        losses.append(loss(A[-1], y[rows]))
        dW, db = gradient_descent.backward(y[rows], W, A, gradient)
        for parameter, step in zip(W + b, dW + db, strict=True):
            parameter -= learning_rate * step
    return losses


@pytest.mark.parametrize("name", RUNS)
def test_200_steps_have_numpys_losses(modules, name):
    text, changes = RUNS[name]
    record = run_in(modules, REPLAY, text, **changes)
    settings = SETTINGS | changes
    with hidden_activation(settings["activation"]):
        losses = replayed(record, settings["learningRate"])
    assert len(losses) == 200
    assert record["losses"] == pytest.approx(losses, rel=1e-9)


@pytest.mark.parametrize(
    "text", [CLEAN, changed("age", dict.fromkeys(range(2, 22), "?"))]
)
def test_the_inputs_are_those_of_the_page(modules, text):
    """Prepare the same training rows with the functions of *Your own data*."""
    record = run_in(modules, REPLAY, text)
    names, *rows = csv.reader(io.StringIO(text))
    table = dict(zip(names, np.array(rows).T, strict=True))
    table["ordered"] = table["day"]
    table = your_own_data.with_weekday(table)
    train = np.array(record["lines"]) - 2
    facts = your_own_data.learn(table, train, ["size", "age"], ["town", "weekday"])
    X = your_own_data.prepare(table, facts)[train]
    assert record["X"] == pytest.approx(X, rel=1e-9, abs=1e-12)
    price = table["price"][train].astype(float).reshape(-1, 1)
    y = gradient_descent.scaled(price, price)
    assert record["y"] == pytest.approx(y, rel=1e-9, abs=1e-12)


def test_least_squares_is_that_of_scikit_learn(modules):
    columns = cells(600)
    columns = {"twin": columns["size"]} | columns  # columns that depend on each other
    record = run_in(modules, REPLAY, written(columns))
    X, y, Xv, yv = (np.array(record[part]) for part in PARTS)
    prices = np.array(columns["price"], float)[np.array(record["lines"]) - 2]
    answers = LinearRegression().fit(X, y).predict(Xv)
    error = prices.std() * np.abs(answers - yv).mean()
    assert record["baselines"][1]["validation"] == pytest.approx(error, rel=1e-9)
    mean = prices.std() * np.abs(yv).mean()
    assert record["baselines"][0]["validation"] == pytest.approx(mean, rel=1e-9)


def test_logistic_regression_answers_as_that_of_scikit_learn(modules):
    columns = cells(600)
    price = np.array(columns.pop("price"), float)
    columns["outcome"] = ["high" if p > 120 else "low" for p in price]
    record = run_in(modules, REPLAY, written(columns))
    X, y, Xv, yv = (np.array(record[part]) for part in PARTS)
    logistic = LogisticRegression(C=1e6, max_iter=5000).fit(X, y.argmax(axis=1))
    right = np.mean(logistic.predict(Xv) == yv.argmax(axis=1))
    assert record["baselines"][1]["validation"] == pytest.approx(
        right, abs=2.5 / len(yv)
    )
    largest = y.mean(axis=0).argmax()
    share = np.mean(yv.argmax(axis=1) == largest)
    assert record["baselines"][0]["validation"] == pytest.approx(share, rel=1e-9)


# The doctor


def noise(n: int, n_columns: int, seed: int = 0) -> str:
    """Return columns of noise, and a target that is noise as well."""
    rng = np.random.default_rng(seed)
    names = [*(f"x{k}" for k in range(n_columns)), "y"]
    return written({name: rng.normal(0, 1, n).round(4).tolist() for name in names})


def twins(n_columns: int) -> str:
    """Return columns that are all the same but for a little noise."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, 200)
    names = [*(f"x{k}" for k in range(n_columns)), "y"]
    return written({k: (x + rng.normal(0, 0.2, 200)).round(4).tolist() for k in names})


FOUND = {  # what the experiments of the page do not show
    "nan": (twins(20), {"hidden": [], "learningRate": 0.5}, 500),
    "flat": (noise(900, 1), {"hidden": [], "learningRate": 0.005}, 300),
    "few": (noise(60, 12), {}, 0),
    "rare": (with_target("outcome", [("a", "b")[k % 12 == 0] for k in N]), {}, 0),
}


@pytest.mark.parametrize("finding", FOUND)
def test_the_doctor_finds_it(modules, finding):
    text, changes, steps = FOUND[finding]
    end = run_in(modules, EXAMINE, text, steps=steps, **changes)
    assert finding in end["findings"]


@pytest.mark.parametrize(
    ("column", "target", "is_telltale"),
    [
        ([k * 0.5 for k in N], ["late" if k > 60 else "on time" for k in N], True),
        ([k % 2 for k in N], ["late" if k % 2 else "on time" for k in N], True),
        (["ab"[k % 2] for k in N], ["late" if k % 2 else "on time" for k in N], True),
        (["ab"[k % 2] for k in N], [10 * (k % 2) for k in N], True),
        ([k % 2 for k in N], LATE, False),
        ([(7 * k) % 120 + 0.5 for k in N], LATE, False),
        (["ab"[k % 2] for k in N], [k % 7 for k in N], False),
    ],
)
def test_a_column_that_gives_the_answer_away(modules, column, target, is_telltale):
    columns = cells()
    del columns["price"]
    text = written({"clue": column} | columns | {"answer": target})
    found = run_in(modules, EXAMINE, text)["findings"]
    assert ("telltale" in found) == is_telltale


# The experiments of the page


def experiment(modules: Page, steps: int = 2000, **changes: object) -> dict:
    """Return how a run on the course's orders ends, without their pay."""
    changes = {"leftOut": ("pay",)} | changes
    return run_in(modules, EXAMINE, None, steps=steps, **changes)


def test_the_pay_is_found_before_the_first_step(modules):
    assert experiment(modules, 0, leftOut=())["findings"] == ["telltale"]
    assert experiment(modules, 0)["findings"] == []


@pytest.mark.parametrize("seed", range(5))
def test_the_network_is_worth_its_trouble(modules, seed):
    end = experiment(modules, seed=seed)
    assert end["score"] < 0.9 * end["simple"]
    assert end["findings"] == []


def test_without_hidden_units_it_is_least_squares(modules):
    end = experiment(modules, hidden=[])
    assert abs(end["score"] - end["simple"]) < 0.1


def test_many_units_learn_350_rows_by_heart(modules):
    end = experiment(modules, 6000, hidden=[32, 16])
    assert (end["n"], end["findings"]) == (350, ["overfitting"])


def test_steps_that_are_too_long_kill_a_layer(modules):
    end = experiment(modules, learningRate=0.5)
    assert "dead" in end["findings"]
    assert end["score"] == pytest.approx(end["constant"], rel=0.05)


def test_the_vehicle_cannot_be_told(modules):
    end = experiment(modules, target="vehicle")
    assert end["score"] < end["constant"] + 0.05
    assert end["score"] < end["simple"]
    assert "baseline" in end["findings"]


# What the reader takes along


def trained(lab: Locator, content: str, steps: int = 3) -> None:
    """Give the lab a file, and take some steps."""
    choose(lab, content)
    expect(status(lab)).to_have_text(READY)
    for step in range(1, steps + 1):
        press(lab, "One step")
        expect(status(lab)).to_contain_text(f"Step {step}:")


def downloaded(page: Page, lab: Locator, folder: Path) -> None:
    """Take all that the lab offers."""
    for name in ("model.json", "predict.py", "predictions.csv"):
        with page.expect_download() as download:
            press(lab, name)
        assert download.value.suggested_filename == name
        download.value.save_as(folder / name)


DIRTY = commas(
    with_column(
        "paid", [f"{1 + k % 28}.{1 + k % 12}.2026" if k % 9 else "31.2.2026" for k in N]
    )
).replace("Surat", "n/a")
TAKEN = {
    "a number": DIRTY.replace(";7;", ";?;"),
    "a class": with_target("outcome", LATE).replace(",7,", ",−7,"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_the_program_predicts_what_the_lab_predicts(page, tmp_path, name):
    lab = opened(page)
    trained(lab, TAKEN[name])
    downloaded(page, lab, tmp_path)
    (tmp_path / "table.csv").write_text(TAKEN[name], encoding="utf-8")
    command = [sys.executable, "predict.py", "table.csv"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    title, *printed = done.stdout.splitlines()
    text = (tmp_path / "predictions.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert title == json.loads((tmp_path / "model.json").read_text())["target"]["name"]
    assert len(rows) == len(printed) == 120
    for row in rows:
        here = printed[int(row["row"]) - 2]
        if name == "a class":
            assert row["prediction"] == here
        else:
            assert float(row["prediction"]) == pytest.approx(float(here), rel=1e-9)
    assert len({row["prediction"] for row in rows}) > 1
    assert_shows_the_score(lab, rows, name)


def assert_shows_the_score(lab: Locator, rows: list[dict], name: str) -> None:
    """Work the validation score out from the predictions, and find it in the lab."""
    pairs = [
        (row["target"].replace(",", "."), row["prediction"])
        for row in rows
        if row["part"] == "validation"
    ]
    if name == "a class":
        shown = f"{100 * np.mean([one == other for one, other in pairs]):.1f} %"
    else:
        shown = f"{np.mean([abs(float(a) - float(b)) for a, b in pairs]):.3g}"
    network = lab.locator(".own-scores tr", has_text="the network")
    expect(network.locator("td").first).to_have_text(shown)


def test_the_program_names_a_row_that_does_not_fit(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n3\n")
    read = runpy.run_path(LABS / "predict.py")["read"]
    with pytest.raises(SystemExit, match=r"rows.csv, row 3: 1 cells, row 1 has 2"):
        read(tmp_path / "rows.csv")


# The page around it


def test_after_the_file_is_chosen_nothing_is_asked_of_anybody(page, tmp_path):
    asked = []
    with (
        page.expect_response("**/search_index.json"),
        page.expect_response("**/sitemap.xml"),
    ):
        page.goto(PAGE)
    lab = ready_lab(page, LAB)
    expect(chooser(lab)).to_be_enabled()
    page.context.on("request", lambda request: asked.append(request.url))
    trained(lab, changed("age", {2: "?"}))
    press(lab, "Start")
    expect(lab.get_by_role("button", name="Pause")).to_be_visible()
    press(lab, "Pause")
    press(lab, "Open the test rows")
    expect(lab.locator(".own-scores")).to_contain_text("test")
    downloaded(page, lab, tmp_path)
    assert not [url for url in asked if not url.startswith("blob:")]


def test_fifty_megabytes_do_not_freeze_the_page(browser, page, tmp_path):
    """No task on the main thread takes 50 ms of its processor's time."""
    head, *rows = written(cells(1000)).splitlines()
    rows *= int(50e6 / len("\n".join(rows)))
    lines = [f"number,{head}", *(f"{n},{row}" for n, row in enumerate(rows))]
    file = tmp_path / "large.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    lab = opened(page)
    browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline"])
    chooser(lab).set_input_files(file)
    expect(notes(lab)).to_contain_text("The lab takes 10,000 of them", timeout=240_000)
    expect(status(lab)).to_have_text(READY, timeout=240_000)
    tasks, _frames = main_thread(browser.stop_tracing())
    assert len(tasks) > 100
    assert max(tasks) < 50
    expect(notes(lab)).to_contain_text(f"{len(rows):,} different rows")


def test_the_course_s_orders_show_a_telltale_and_its_page(page):
    lab = opened(page)
    press(lab, "Take the course's orders")
    finding = lab.locator("[data-finding=telltale]")
    expect(finding).to_contain_text("“pay” explains 99.8 %")
    for link in lab.locator(".own-findings a").all():
        assert page.request.get(link.get_attribute("href")).ok
    lab.get_by_label("Type of pay").select_option("out")
    expect(finding).to_have_count(0)


def test_each_look_at_the_test_rows_is_counted(page):
    lab = opened(page)
    trained(lab, CLEAN, steps=1)
    press(lab, "Open the test rows")
    expect(lab.locator(".own-scores")).to_contain_text("test")
    expect(lab.locator("[data-finding=opened]")).to_have_count(0)
    press(lab, "Open the test rows")
    expect(lab.locator("[data-finding=opened]")).to_contain_text("2 times")


def test_a_file_can_be_dropped(page):
    lab = opened(page)
    drop = """(lab, text) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], "dropped.csv"));
      const options = { dataTransfer, bubbles: true, cancelable: true };
      lab.dispatchEvent(new DragEvent("drop", options));
    }"""
    lab.evaluate(drop, CLEAN)
    expect(status(lab)).to_have_text(READY)


@pytest.mark.parametrize("name", TAKEN)
@pytest.mark.usefixtures("look")
def test_it_is_accessible_and_fits(page, name):
    lab = opened(page)
    trained(lab, TAKEN[name])
    press(lab, "Open the test rows")
    expect(lab.locator(".own-scores")).to_contain_text("test")
    assert_accessible_and_fits(lab, 24)


def test_without_papa_parse_the_lab_says_so(page):
    page.route("**/own-data-lab.js", lambda route: without_parser(page, route))
    lab = open_lab(page, LAB)
    expect(lab).to_contain_text("needs Papa Parse")
    expect(lab.get_by_role("button")).to_have_count(0)


def without_parser(page, route):
    page.evaluate(
        "document.querySelector('own-data-lab').removeAttribute('data-parser')"
    )
    route.continue_()


def test_the_lab_s_parser_is_pinned():
    folder = PACKAGE.parents[3] / "docs" / "plugins" / "live"
    wanted = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]
    installed = json.loads((PACKAGE / "package.json").read_text("utf-8"))
    assert installed["version"] == wanted["papaparse"]
