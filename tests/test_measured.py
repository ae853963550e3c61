"""What the pages say of measured times holds in the recorded measurement."""

from tests.bench_training import PROGRAMS, RECORD, SIZES


def ratios():
    """Return the recorded multiples of the plain class's time, by row and column."""
    head, _line, *rows = RECORD.read_text(encoding="utf-8").splitlines()
    columns = [cell.strip() for cell in head.strip("|").split("|")][2:]
    table = {}
    for row in rows:
        name, _plain, *cells = [cell.strip() for cell in row.strip("|").split("|")]
        table[name] = dict(zip(columns, map(float, cells), strict=True))
    return table


def test_record_has_the_rows_and_columns_of_the_benchmark():
    table = ratios()
    assert list(table) == list(SIZES)
    assert all(list(row) == list(PROGRAMS)[1:] for row in table.values())


def test_the_page_reads_its_table_right():
    table = ratios()
    small, widest = table["4-16-8-1, 1,600 rows"], table["4-512-256-1, 1,600 rows"]
    assert small["FastNeuralNetwork"] <= 0.35
    assert small["PyTorch, DataLoader"] > small["PyTorch, slices"] > 2
    assert widest["PyTorch, slices"] < widest["FastNeuralNetwork"]
    assert widest["the same in float32"] < 1
    for rows in ("2,000", "20,000", "200,000"):
        assert table[f"4-16-8-1, {rows} rows"]["FastNeuralNetwork"] < 0.5
