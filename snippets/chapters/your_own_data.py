"""Your own data: from a CSV file with its faults to a network that can be kept."""

# --8<-- [start:export]
import datetime

import numpy as np

from snippets.delivery import make_deliveries

NAMES = "order;ordered;distance;traffic;prep;vehicle;city;pay;minutes;outcome"


def export(n=1500, seed=0):
    """Return n orders as a spreadsheet writes them: CSV text, faults included."""
    rng = np.random.default_rng(seed)
    X, y = make_deliveries(n, seed, surge=1.5)
    vehicles = rng.choice(["bike", "car", "scooter"], n, p=[0.3, 0.2, 0.5])
    first = datetime.date(2026, 1, 1)
    days = [first + datetime.timedelta(int(k)) for k in rng.integers(0, 180, n)]
    lines = []
    for i, (distance, traffic, prep, _value) in enumerate(X):
        minutes = y[i, 0] + 6 * (vehicles[i] == "bike") + 9 * (days[i].weekday() > 4)
        pay = 10 * round(0.3 * minutes)
        ready = "n/a" if rng.random() < 0.08 else f"{prep:.0f}"
        outcome = "late" if minutes > 60 else "on time"
        end = f"{pay};{minutes:.1f};{outcome}".replace(".", ",")
        if i in (500, 1000):
            end = "0;;lost"
        start = f"{1001 + i};{days[i]};{distance:.1f};{traffic:.0f}".replace(".", ",")
        lines.append(f"{start};{ready};{vehicles[i]};Pune;{end}")
    lines += [lines[i] for i in rng.choice(n, 40, replace=False)]
    return "\n".join([NAMES, *lines]) + "\n"


# --8<-- [end:export]

if __name__ == "__main__":
    # --8<-- [start:rows]
    import csv
    import io

    import numpy as np

    text = export()
    print(*text.splitlines()[:4], sep="\n")

    file = io.StringIO(text)
    # yours: file = open("orders.csv", newline="", encoding="utf-8-sig")
    names, *rows = csv.reader(file, delimiter=";")
    once = list(dict.fromkeys(map(tuple, rows)))
    print(f"{len(rows)} rows, {len(rows) - len(once)} of them repeat another one")
    table = dict(zip(names, np.array(once).T, strict=True))  # name: texts (n,)
    # --8<-- [end:rows]


# --8<-- [start:number]
MISSING = ("", "-", "?", "n/a", "NA", "nan", "null")


def number(text):
    """Return 5.2 for the texts 5.2 and 5,2, and nan for a missing one."""
    return np.nan if text in MISSING else float(text.replace(",", "."))


# --8<-- [end:number]

if __name__ == "__main__":
    # --8<-- [start:split]
    with_target = np.flatnonzero(~np.isin(table["minutes"], MISSING))
    order = np.random.default_rng(0).permutation(with_target)
    test, train = order[:300], order[300:]
    print(f"{len(train)} training rows, {len(test)} test rows")
    print(f"{len(once) - len(order)} rows without minutes are in neither")
    # --8<-- [end:split]

    # --8<-- [start:columns]
    print("column    different  missing  examples")
    for name, texts in table.items():
        seen = texts[train]
        n_missing = np.isin(seen, MISSING).sum()
        print(f"{name:8} {len(set(seen)):10} {n_missing:8}  {seen[0]}, {seen[1]}")
    # --8<-- [end:columns]


# --8<-- [start:weekday]
from datetime import date


def with_weekday(table):
    """Return the table with a column more: 1 for Monday to 7 for Sunday."""
    days = [date.fromisoformat(text).isoweekday() for text in table["ordered"]]
    return table | {"weekday": np.array(days).astype(str)}


# --8<-- [end:weekday]


# --8<-- [start:learn]
def learn(table, rows, numbers, categories):
    """Return the facts of each column that preparing it needs, from these rows."""
    facts = {}
    for name in numbers:
        x = np.array([number(text) for text in table[name][rows]])
        gaps = bool(np.isnan(x).any())
        facts[name] = {"mean": np.nanmean(x), "std": np.nanstd(x), "gaps": gaps}
    for name in categories:
        facts[name] = {"values": sorted(set(table[name][rows].tolist()))}
    return facts


# --8<-- [end:learn]


# --8<-- [start:prepare]
def prepare(table, facts):
    """Return X (n, n_in): numbers standardised, categories one-hot, gaps marked."""
    columns = []
    for name, fact in facts.items():
        if "values" in fact:
            columns += [table[name] == value for value in fact["values"]]
        else:
            x = np.array([number(text) for text in table[name]])
            z = (x - fact["mean"]) / fact["std"]
            columns.append(np.where(np.isnan(x), 0, z))
            if fact["gaps"]:
                columns.append(np.isnan(x))
    return np.column_stack(columns).astype(float)


# --8<-- [end:prepare]

if __name__ == "__main__":
    # --8<-- [start:two-rows]
    table = with_weekday(table)
    numbers, categories = ["distance", "traffic", "prep"], ["vehicle", "weekday"]
    facts = learn(table, train, numbers, categories)
    prep = facts["prep"]
    print(f"prep: mean {prep['mean']:.2f}, std {prep['std']:.2f}, gaps {prep['gaps']}")
    print("vehicle:", facts["vehicle"]["values"])

    X = prepare(table, facts)  # (n, n_in)
    row = train[np.isin(table["prep"][train], MISSING)][0]
    print("X", X.shape, " a row without its preparation time:")
    print(*(f"{name} {table[name][row]}," for name in numbers + categories))
    print(X[row].round(2))
    # --8<-- [end:two-rows]

    # --8<-- [start:training]
    from sklearn.linear_model import LinearRegression

    from snippets.chapters.gradient_descent import NeuralNetwork, mae, scaled, unscaled

    y = np.array([[number(text)] for text in table["minutes"]])  # (n, 1)
    network = NeuralNetwork([X.shape[1], 16, 8, 1], learning_rate=0.05, seed=0)
    network.fit(X[train], scaled(y[train], y[train]), epochs=100, verbose=False)

    y_network = unscaled(network.predict(X[test]), y[train])
    y_line = LinearRegression().fit(X[train], y[train]).predict(X[test])
    print(f"predict the mean  {mae(y[train].mean(), y[test]):6.2f} min")
    print(f"least squares     {mae(y_line, y[test]):6.2f} min")
    print(f"the network       {mae(y_network, y[test]):6.2f} min")
    # --8<-- [end:training]

    # --8<-- [start:checked-scaling]
    has_prep = X[train, 3] == 0
    for z in (X[train, 0], X[train, 1], X[train, 2][has_prep]):  # standardised
        assert abs(z.mean()) < 1e-12
        assert abs(z.std() - 1) < 1e-12
    assert np.array_equal(X[:, 4:7].sum(axis=1), np.ones(len(X)))
    assert abs(4 * np.sqrt(2 / np.pi) - 3.2) < 0.01  # E|noise| of deviation 4
    assert not np.isnan(X).any()
    assert 1.4 < mae(y_line, y[test]) / mae(y_network, y[test]) < 1.5
    # --8<-- [end:checked-scaling]

    # --8<-- [start:predictions]
    import matplotlib.pyplot as plt

    _fig, ax = plt.subplots(figsize=(5.2, 4.4))
    ends = [y[test].min(), y[test].max()]
    ax.plot(ends, ends, color="C5", linewidth=1)
    ax.plot(y[test], y_line, "C1x", markersize=4, label="least squares")
    ax.plot(y[test], y_network, "C0o", markersize=3, label="the network")
    ax.set(xlabel="measured minutes", ylabel="predicted minutes")
    ax.legend()
    plt.show()
    longest = y[test] > 120
    assert (y_line[longest] < y[test][longest]).all()
    # --8<-- [end:predictions]

    # --8<-- [start:correlations]
    for name in [*numbers, "pay"]:
        x = np.array([number(text) for text in table[name][train]])
        has = ~np.isnan(x)
        correlation = np.corrcoef(x[has], y[train, 0][has])[0, 1]
        print(f"{name:8} {correlation:6.3f}")
    # --8<-- [end:correlations]

    # --8<-- [start:leak]
    def errors(numbers):
        """Return the MAE of a network on the test rows, and with their pay unknown."""
        facts = learn(table, train, numbers, categories)
        X = prepare(table, facts)
        network = NeuralNetwork([X.shape[1], 16, 8, 1], learning_rate=0.05, seed=0)
        network.fit(X[train], scaled(y[train], y[train]), epochs=100, verbose=False)
        in_use = prepare(table | {"pay": np.full(len(X), "")}, facts)
        y_tested = unscaled(network.predict(X[test]), y[train])
        y_in_use = unscaled(network.predict(in_use[test]), y[train])
        return mae(y_tested, y[test]), mae(y_in_use, y[test])

    without_pay, with_pay = errors(numbers), errors([*numbers, "pay"])
    print("             tested   in use")
    print("without pay  {:6.2f}   {:6.2f} min".format(*without_pay))
    print("with pay     {:6.2f}   {:6.2f} min".format(*with_pay))
    # --8<-- [end:leak]

    # --8<-- [start:bars]
    _fig, ax = plt.subplots(figsize=(5.2, 2.6))
    places = np.arange(2)
    ax.barh(places - 0.2, with_pay, 0.36, color="C1", hatch="//", label="with pay")
    ax.barh(places + 0.2, without_pay, 0.36, color="C0", label="without pay")
    ax.set(xlabel="mean absolute error (minutes)", yticks=places)
    ax.set_yticklabels(["tested", "in use"])
    ax.invert_yaxis()
    ax.legend()
    plt.show()
    assert with_pay[0] < without_pay[0] / 2
    assert with_pay[1] > 3.9 * without_pay[1]
    # --8<-- [end:bars]


# --8<-- [start:save]
import json


def save(network, facts, y):
    """Return a network, its columns' facts and the scale of its targets as JSON."""
    model = {
        "facts": facts,
        "target": {"mean": y.mean(), "std": y.std()},
        "W": [W.tolist() for W in network.W],
        "b": [b.tolist() for b in network.b],
    }
    return json.dumps(model)


# --8<-- [end:save]


# --8<-- [start:predict]
from snippets.chapters.gradient_descent import forward


def predict(saved, table):
    """Return the minutes (n, 1) that a saved network predicts for a table's rows."""
    model = json.loads(saved)
    W, b = ([np.array(a) for a in model[name]] for name in ("W", "b"))
    output = forward(prepare(with_weekday(table), model["facts"]), W, b)[-1]
    return output * model["target"]["std"] + model["target"]["mean"]


# --8<-- [end:predict]

if __name__ == "__main__":
    # --8<-- [start:loading]
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = Path(folder, "model.json")  # yours: Path("model.json")
        file.write_text(save(network, facts, y[train]))
        saved = file.read_text()

    gap = np.abs(predict(saved, table)[test] - y_network).max()
    print(f"the loaded network predicts the same, to 1e-9: {gap < 1e-9}")
    # --8<-- [end:loading]

    # --8<-- [start:new-order]
    cells = {"distance": "4,8", "traffic": "9", "prep": "?", "vehicle": "bike"}
    new = {name: np.array([cell]) for name, cell in cells.items()}
    on_day = []
    for day in ("2026-07-03", "2026-07-04"):  # a Friday, a Saturday
        minutes = predict(saved, new | {"ordered": np.array([day])})
        print(f"{day}: {minutes[0, 0]:.0f} minutes")
        every_order = table | {"ordered": np.full(len(X), day)}
        on_day.append(predict(saved, every_order)[test].mean())
    print(f"a Saturday adds {on_day[1] - on_day[0]:.1f} minutes on average")
    # --8<-- [end:new-order]

    # --8<-- [start:class-counts]
    from collections import Counter

    print(Counter(table["outcome"].tolist()))
    for seed in range(5):
        shuffled = np.random.default_rng(seed).permutation(table["outcome"])
        n_test = np.sum(shuffled[:300] == "lost")
        print(f"split {seed}: {2 - n_test} lost in training, {n_test} in the test")
    # --8<-- [end:class-counts]

    # --8<-- [start:classes]
    from sklearn.linear_model import LogisticRegression

    from snippets.chapters.classifying_digits import digit_network

    outcome = table["outcome"]
    classes, labels = np.unique(outcome[train], return_inverse=True)
    one_hot = np.eye(len(classes))[labels]  # (1198, 2)
    sizes = [X.shape[1], 16, 8, len(classes)]
    classifier = digit_network(sizes, learning_rate=0.05)
    classifier.fit(X[train], one_hot, epochs=100, verbose=False)

    largest = classes[np.bincount(labels).argmax()]
    logistic = LogisticRegression(max_iter=1000).fit(X[train], outcome[train])
    answers = {
        f'always "{largest}"': np.full(len(test), largest),
        "logistic regression": logistic.predict(X[test]),
        "the network": classes[classifier.predict(X[test]).argmax(axis=1)],
    }
    for name, answer in answers.items():
        print(f"{name:20} {np.sum(answer == outcome[test])} of {len(test)} right")
    # --8<-- [end:classes]

    # --8<-- [start:another-split]
    order = np.random.default_rng(3).permutation(with_target)
    other_test, other = order[:300], order[300:]
    X_other = prepare(table, learn(table, other, numbers, categories))
    other_labels = np.searchsorted(classes, outcome[other])
    classifier = digit_network(sizes, learning_rate=0.05)
    classifier.fit(X_other[other], np.eye(2)[other_labels], epochs=100, verbose=False)
    logistic = LogisticRegression(max_iter=1000).fit(X_other[other], outcome[other])
    answer = classes[classifier.predict(X_other[other_test]).argmax(axis=1)]
    by_line, right = logistic.predict(X_other[other_test]), outcome[other_test]
    assert np.sum(answer == right) < np.sum(by_line == right)
    # --8<-- [end:another-split]

    # --8<-- [start:thousands]
    def number_with(text, decimal):
        """Return a text as a number, without the sign between its thousands."""
        thousands = "." if decimal == "," else ","
        return float(text.replace(thousands, "").replace(decimal, "."))

    print(number("1,234"), number_with("1,234", "."), number_with("1.234,5", ","))
    try:
        number("1,234.5")
    except ValueError as error:
        print(error)
    # --8<-- [end:thousands]

    # --8<-- [start:unknown-values]
    def unknown(table, facts):
        """Return what these rows have in categories that training has never seen."""
        known = {n: fact["values"] for n, fact in facts.items() if "values" in fact}
        return {name: set(table[name].tolist()) - {*known[name]} for name in known}

    drone = with_weekday(new | {"ordered": np.array(["2026-07-03"])})
    drone["vehicle"] = np.array(["drone"])
    print(unknown(drone, facts))
    print("vehicle columns", prepare(drone, facts)[0, 4:7])
    # --8<-- [end:unknown-values]

    # --8<-- [start:twins]
    text_rows = np.array(rows)
    for seed in range(3):
        shuffled = np.random.default_rng(seed).permutation(len(rows))
        in_test, in_training = shuffled[:300], shuffled[300:]
        known_rows = set(map(tuple, text_rows[in_training]))
        n_known = sum(tuple(row) in known_rows for row in text_rows[in_test])
        print(f"split {seed}: {n_known} of 300 test rows are training rows as well")
    # --8<-- [end:twins]
