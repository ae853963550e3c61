"""Predict with the network of model.json, which lies beside this program.

    python predict.py rows.csv

It needs NumPy. rows.csv names its columns in the first row, and has those that the
network learned from.
"""

import csv
import io
import json
import re
import sys
from datetime import date
from pathlib import Path

import numpy as np

GROUP = "[ \u00a0\u202f'’"
NUMBER = {
    ".": rf"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?"
    rf"|[+-]?[0-9]{{1,3}}({GROUP},][0-9]{{3}})+(\.[0-9]+)?",
    ",": rf"[+-]?([0-9]+(,[0-9]*)?|,[0-9]+)(e[+-]?[0-9]+)?"
    rf"|[+-]?[0-9]{{1,3}}({GROUP}.][0-9]{{3}})+(,[0-9]+)?",
}
THOUSANDS = {".": GROUP + ",]", ",": GROUP + ".]"}
YEAR_FIRST = r"(?P<y>[1-9][0-9]{3})[-./](?P<m>[0-9]{1,2})[-./](?P<d>[0-9]{1,2})"
DATE = {
    "ymd": YEAR_FIRST,
    "dmy": r"(?P<d>[0-9]{1,2})[-./](?P<m>[0-9]{1,2})[-./](?P<y>[1-9][0-9]{3})",
    "mdy": r"(?P<m>[0-9]{1,2})[-./](?P<d>[0-9]{1,2})[-./](?P<y>[1-9][0-9]{3})",
}
ACTIVATIONS = {"relu": lambda Z: np.maximum(Z, 0), "tanh": np.tanh}


def number(text, decimal):
    """Return a cell as a number, nan if it is none."""
    text = text.strip().replace("−", "-", 1)
    if not re.fullmatch(NUMBER[decimal], text, re.IGNORECASE):
        return np.nan
    value = float(re.sub(THOUSANDS[decimal], "", text).replace(",", "."))
    return value if np.isfinite(value) else np.nan


def weekday(text, order):
    """Return "1" for Monday to "7", or None if the cell is no date."""
    parts = re.fullmatch(DATE[order] + r"([T ].*)?", text.strip())
    try:
        day = parts and date(*(int(parts[name]) for name in "ymd"))
    except ValueError:  # such as 31 February
        return None
    return str(day.isoweekday()) if day else None


def category(text, column, model):
    """Return which value of a category or a date a cell holds."""
    if text.strip().lower() in model["missing"]:
        return model["gap"]
    if column["kind"] == "date":
        return weekday(text, column["order"]) or model["gap"]
    return text.strip()


def prepare(rows, model):
    """Return X (n, n_in) of rows, each a dictionary of texts."""
    columns = []
    for column in model["inputs"]:
        texts = [row[column["name"]] for row in rows]
        if column["kind"] == "number":
            x = np.array([number(text, column["decimal"]) for text in texts])
            z = (x - column["mean"]) / column["std"]
            columns.append(np.where(np.isnan(z), 0, z))
            if column["gaps"]:
                columns.append(np.isnan(z))
        else:
            seen = np.array([category(text, column, model) for text in texts])
            columns += [seen == value for value in column["values"]]
    return np.column_stack(columns).astype(float)


def predict(rows, model):
    """Return what the network predicts for rows: numbers, or the names of classes."""
    A = prepare(rows, model)
    for layer, (W, b) in enumerate(zip(model["W"], model["b"], strict=True)):
        Z = A @ np.array(W) + np.array(b)  # (n, n_out)
        is_output = layer == len(model["W"]) - 1
        A = Z if is_output else ACTIVATIONS[model["activation"]](Z)
    target = model["target"]
    if target["task"] == "class":
        return np.array(target["classes"])[A.argmax(axis=1)]
    return A[:, 0] * target["std"] + target["mean"]


def read(file):
    """Return the rows of a CSV file, each a dictionary of texts, without empty rows."""
    raw = Path(file).read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    first = re.sub(r'"[^"]*"', "", text.lstrip().splitlines()[0])
    separator = max(";,\t|", key=first.count)
    head, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = []
    for place, name in enumerate(map(str.strip, head), 1):
        name = name or f"column {place}"
        names.append(f"{name} ({place})" if name in names else name)
    for line, row in enumerate(rows, 2):
        if "".join(row).strip() and len(row) != len(names):
            wanted = f"row 1 has {len(names)}"
            raise SystemExit(f"{file}, row {line}: {len(row)} cells, {wanted}")
    return [dict(zip(names, row, strict=True)) for row in rows if "".join(row).strip()]


if __name__ == "__main__":
    model = json.loads(Path("model.json").read_text(encoding="utf-8"))
    print(model["target"]["name"])
    for prediction in predict(read(sys.argv[1]), model):
        print(prediction)
