/** From a table to inputs and targets: the facts of each column, the baselines, what is kept. */

import { Refusal, counted, isMissing, limits, numberOf, rowsInWords, weekdayOf } from "./own-data-table.js";
import { crossEntropy, crossEntropyGradient, forward, matrix, meanSquaredError, meanSquaredErrorGradient } from "./network.js";

const RARE = 10; // rows that a class needs
const MOST_CLASSES = 20;
const MOST_INPUTS = 300;
const TELLTALE = 0.99;
const GAP = "(missing)";
const DATES = ["ymd", "dmy", "mdy"];
const PARTS = ["train", "validation", "test"];

/** Each task's loss with its gradient. */
export const TASKS = {
  number: { loss: meanSquaredError, gradient: meanSquaredErrorGradient },
  class: { loss: crossEntropy, gradient: crossEntropyGradient },
};

/**
 * Return what a network needs to learn a column of a table, and sentences about it.
 *
 * `types` holds the type of each column. Everything that is computed from rows, the
 * facts, comes from training rows; { inputs, target, X, y, rows, notes, findings }
 * holds X and y for each part of the split.
 */
export function prepare(table, { target, types }) {
  const column = table.names.indexOf(target);
  if (types[column] === "out") throw new Refusal(`“${target}” is left out. Choose its type, or another column to predict.`);
  if (DATES.includes(types[column])) {
    throw new Refusal(`“${target}” is a date. The lab predicts numbers and categories; choose another column to predict, or another type.`);
  }
  const notes = [];
  const task = types[column] === "category" ? "class" : "number";
  const cells = (place) => (row) => table.rows[row][place];
  const rows = rowsWithTarget(table, column, types[column], notes);
  const fact = task === "class" ? classesOf(table, rows, column, notes) : scaleOf(rows.train.map(cells(column)), types[column]);
  if (task === "number" && !fact.std) {
    throw new Refusal(`“${target}” is ${fact.mean} in every training row: there is nothing to predict.`);
  }
  const inputs = table.names.flatMap((name, place) => {
    if (place === column || types[place] === "out") return [];
    const made = inputOf(table, rows, place, types[place], notes);
    return made ? [made] : [];
  });
  const n_in = inputs.reduce((sum, input) => sum + widthOf(input), 0);
  if (!inputs.length) throw new Refusal("No column is left to predict from. Change the type of one from “leave out”.");
  if (n_in > MOST_INPUTS) {
    throw new Refusal(`Together the categories make ${n_in} inputs. The lab takes up to ${MOST_INPUTS}: leave out the column with the most values.`);
  }
  const goal = { name: target, task, ...fact };
  const data = { inputs, target: goal, rows, notes, X: {}, y: {}, labels: {} };
  for (const part of PARTS) {
    const chosen = rows[part].map((row) => table.rows[row]);
    data.X[part] = inputsOf(chosen, inputs, table.names);
    data.y[part] = targetsOf(chosen.map((row) => row[column]), goal);
  }
  data.findings = [...telltales(table, rows, column, types, inputs, task), ...aboutSizes(data)];
  return data;
}

/** Return the split without rows whose target is missing, or is no number. */
function rowsWithTarget(table, column, type, notes) {
  const [missing, wrong] = [[], []];
  const rows = {};
  for (const part of PARTS) {
    rows[part] = table.split[part].filter((row) => {
      const cell = table.rows[row][column];
      const kind = isMissing(cell) ? missing : type !== "category" && Number.isNaN(numberOf(cell, type)) ? wrong : undefined;
      kind?.push(row);
      return !kind;
    });
  }
  const name = table.names[column];
  if (missing.length) {
    notes.push(`${counted(missing.length, "row")} without “${name}” left out, ${where(table, missing)}: an invented target would teach your invention.`);
  }
  if (wrong.length) notes.push(`${counted(wrong.length, "row")} left out, because “${name}” is no number there: ${quoted(table, wrong, column)}.`);
  const n = PARTS.reduce((sum, part) => sum + rows[part].length, 0);
  if (n < limits.least) {
    throw new Refusal(`The file has ${counted(n, "row")} to learn “${name}” from and to test it on. The lab needs ${limits.least}.`);
  }
  return rows;
}

const sorted = (lines) => lines.toSorted((one, other) => one - other);

function where({ lines }, rows) {
  return rowsInWords(sorted(rows.map((row) => lines[row])));
}

/** Return some cells with their rows: “abc” in row 12, “–” in row 30. */
function quoted({ rows, lines }, places, column) {
  const first = places.toSorted((one, other) => lines[one] - lines[other]).slice(0, 3);
  const cells = first.map((row) => `“${rows[row][column].trim()}” in row ${lines[row]}`);
  return cells.join(", ") + (places.length > 3 ? " and more" : "");
}

/** Return { classes, shares } of the training rows; rows of rare classes leave the split. */
function classesOf(table, rows, column, notes) {
  const name = table.names[column];
  const byClass = new Map();
  for (const row of PARTS.flatMap((part) => rows[part])) {
    const value = table.rows[row][column].trim();
    byClass.set(value, [...(byClass.get(value) ?? []), row]);
  }
  if (byClass.size > MOST_CLASSES * 5) {
    throw new Refusal(`“${name}” has ${counted(byClass.size, "different value")}, too many for classes. If they are numbers, change its type to number.`);
  }
  for (const [value, places] of byClass) {
    if (places.length >= RARE) continue;
    notes.push(`The class “${value}” of “${name}” has ${counted(places.length, "row")} (${where(table, places)}): too few to learn from and to test on. They are left out.`);
    for (const part of PARTS) rows[part] = rows[part].filter((row) => !places.includes(row));
    byClass.delete(value);
  }
  if (byClass.size < 2 || byClass.size > MOST_CLASSES) {
    throw new Refusal(`“${name}” has ${counted(byClass.size, "class")} with at least ${RARE} rows. The lab needs 2 to ${MOST_CLASSES}.`);
  }
  const classes = [...byClass.keys()].sort();
  const count = (value) => rows.train.filter((row) => table.rows[row][column].trim() === value).length;
  return { classes, shares: classes.map((value) => count(value) / rows.train.length) };
}

/** Return the mean and standard deviation of a column's numbers, gaps left out. */
function scaleOf(cells, decimal) {
  const numbers = cells.map((cell) => numberOf(cell, decimal)).filter((number) => !Number.isNaN(number));
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / numbers.length;
  const constant = numbers.every((number) => number === numbers[0]);
  return { decimal, mean, std: constant ? 0 : Math.sqrt(variance) };
}

/** Return a category's value of a cell, or a date's weekday. */
function valueOf(cell, type) {
  if (isMissing(cell)) return GAP;
  return type === "category" ? cell.trim() : (weekdayOf(cell, type) ?? GAP);
}

/** Return an input's facts from the training rows, or nothing if it cannot help. */
function inputOf(table, rows, place, type, notes) {
  const name = table.names[place];
  const all = PARTS.flatMap((part) => rows[part]);
  const training = rows.train.map((row) => table.rows[row][place]);
  const present = (row) => !isMissing(table.rows[row][place]);
  const isNone = {
    number: (cell) => Number.isNaN(numberOf(cell, type)),
    date: (cell) => weekdayOf(cell, type) === undefined,
    category: () => false,
  }[kindOf(type)];
  const wrong = all.filter((row) => present(row) && isNone(table.rows[row][place]));
  if (wrong.length === all.filter(present).length && wrong.length) {
    throw new Refusal(`No cell of “${name}” is a ${kindOf(type)}, such as ${quoted(table, wrong.slice(0, 1), place)}. Choose another type for it.`);
  }
  if (wrong.length) {
    notes.push(`“${name}”: ${counted(wrong.length, "cell")} that ${wrong.length === 1 ? "is" : "are"} no ${kindOf(type)}, ${quoted(table, wrong, place)}, count${wrong.length === 1 ? "s" : ""} as missing.`);
  }
  if (kindOf(type) === "number") {
    const gaps = training.some((cell) => Number.isNaN(numberOf(cell, type)));
    const scale = scaleOf(training, type);
    if (scale.std && gaps) notes.push(`“${name}” has gaps, ${where(table, all.filter((row) => Number.isNaN(numberOf(table.rows[row][place], type))))}: each becomes the mean, and an input of its own marks it.`);
    if (scale.std) return { name, kind: "number", ...scale, gaps };
    notes.push(`“${name}” is constant in the training rows: it is left out. Its standard deviation is 0, and dividing by it gives NaN.`);
    return undefined;
  }
  const values = [...new Set(training.map((cell) => valueOf(cell, type)))].sort();
  if (values.length === 1) {
    notes.push(`“${name}” has the same value in all training rows: it is left out.`);
    return undefined;
  }
  if (values.length > limits.values) {
    notes.push(`“${name}” has ${counted(values.length, "different value")}, too many for a category (at most ${limits.values}): it is left out.`);
    return undefined;
  }
  const known = new Set(values);
  const unknown = all.filter((row) => !known.has(valueOf(table.rows[row][place], type)));
  if (unknown.length) {
    notes.push(`“${name}”: ${quoted(table, unknown, place)} ${unknown.length === 1 ? "is" : "are"} in no training row. All its inputs are 0 there.`);
  }
  return kindOf(type) === "date" ? { name, kind: "date", order: type, values } : { name, kind: "category", values };
}

const kindOf = (type) => (DATES.includes(type) ? "date" : type === "category" ? "category" : "number");
const widthOf = (input) => input.values?.length ?? (input.gaps ? 2 : 1);

/** Return X (n, n_in) of rows of cells: numbers standardised, values one-hot, gaps marked. */
function inputsOf(rows, inputs, names) {
  const X = matrix(rows.length, inputs.reduce((sum, input) => sum + widthOf(input), 0));
  rows.forEach((row, index) => {
    let place = index * X.columns;
    for (const input of inputs) {
      const cell = row[names.indexOf(input.name)];
      if (input.kind === "number") {
        const z = (numberOf(cell, input.decimal) - input.mean) / input.std;
        X.data[place] = Number.isNaN(z) ? 0 : z;
        if (input.gaps) X.data[place + 1] = Number(Number.isNaN(z));
      } else {
        const known = input.values.indexOf(valueOf(cell, input.order ?? "category"));
        if (known >= 0) X.data[place + known] = 1;
      }
      place += widthOf(input);
    }
  });
  return X;
}

/** Return y: standardised (n, 1), or one-hot (n, classes). */
function targetsOf(cells, { task, classes, decimal, mean, std }) {
  if (task === "number") {
    return matrix(cells.length, 1, Float64Array.from(cells, (cell) => (numberOf(cell, decimal) - mean) / std));
  }
  const y = matrix(cells.length, classes.length);
  cells.forEach((cell, row) => {
    y.data[row * y.columns + classes.indexOf(cell.trim())] = 1;
  });
  return y;
}

/** Name the columns that alone give the target away. */
function telltales(table, rows, column, types, inputs, task) {
  const targets = rows.train.map((row) => table.rows[row][column]);
  return inputs.flatMap((input) => {
    const place = table.names.indexOf(input.name);
    const cells = rows.train.map((row) => table.rows[row][place]);
    const goal = task === "number" ? targets.map((cell) => numberOf(cell, types[column])) : targets.map((cell) => cell.trim());
    const share = task === "number" ? explained(cells, goal, input) : told(cells, goal, input);
    if (!(share >= TELLTALE)) return [];
    const percent = (100 * share).toFixed(1);
    const what = task === "number" ? `explains ${percent} % of the spread of` : `alone tells ${percent} % of the classes of`;
    return [{
      kind: "telltale",
      column: input.name,
      text: `“${input.name}” ${what} “${table.names[column]}”. Will you know it when you predict? If it is made from the target or after it, leave it out.`,
      page: "data-leakage",
    }];
  });
}

/** Return the share of the target's variance that a straight line, or its values, explain. */
function explained(cells, y, input) {
  if (input.kind !== "number") return cells.length < 5 * input.values.length ? 0 : explainedByGroups(cells, y, input);
  const pairs = cells.map((cell, row) => [numberOf(cell, input.decimal), y[row]]).filter(([x]) => !Number.isNaN(x));
  const mean = (place) => pairs.reduce((sum, pair) => sum + pair[place], 0) / pairs.length;
  const [x_mean, y_mean] = [mean(0), mean(1)];
  let [xx, xy, yy] = [0, 0, 0];
  for (const [x, target] of pairs) {
    xx += (x - x_mean) ** 2;
    xy += (x - x_mean) * (target - y_mean);
    yy += (target - y_mean) ** 2;
  }
  return xy ** 2 / (xx * yy);
}

function explainedByGroups(cells, y, input) {
  const groups = Map.groupBy(y.keys(), (row) => valueOf(cells[row], input.order ?? "category"));
  const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const spread = (numbers, centre) => numbers.reduce((sum, number) => sum + (number - centre) ** 2, 0);
  const within = [...groups.values()].map((places) => places.map((row) => y[row])).reduce((sum, part) => sum + spread(part, mean(part)), 0);
  return 1 - within / spread(y, mean(y));
}

/** Return the share of classes that a column's values tell, or its order tells; 0 if few guess as well. */
function told(cells, classes, input) {
  const values = cells.map((cell) => (input.kind === "number" ? numberOf(cell, input.decimal) : valueOf(cell, input.order ?? "category")));
  const groups = [...Map.groupBy(values.keys(), (row) => values[row])];
  if (input.kind !== "number" && cells.length < 5 * groups.length) return 0;
  if (input.kind === "number") groups.sort(([one], [other]) => one - other);
  let right = 0;
  const most = groups.map(([, places]) => {
    const [[name, n]] = countsOf(places.map((row) => classes[row]));
    right += n;
    return name;
  });
  if (input.kind === "number") {
    const turns = most.filter((name, index) => index > 0 && name !== most[index - 1]).length;
    right -= Math.max(0, turns - new Set(classes).size + 1);
  }
  const [[, largest]] = countsOf(classes);
  const wrong = cells.length - right;
  return 5 * wrong < cells.length - largest ? right / cells.length : 0;
}

/** Return [value, count] of some values, the most frequent one first. */
function countsOf(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

function aboutSizes({ X, target }) {
  const findings = [];
  const { rows, columns } = X.train;
  if (rows < 5 * columns) {
    const text = `${counted(columns, "input")} for ${counted(rows, "training row")}: so few rows can be learned by heart. Leave out columns, or find more rows.`;
    findings.push({ kind: "few", text, page: "overfitting" });
  }
  const largest = Math.max(...(target.shares ?? [0]));
  if (largest > 0.9) {
    const name = target.classes[target.shares.indexOf(largest)];
    const text = `${(100 * largest).toFixed(1)} % of the training rows are “${name}”. Who always says “${name}” is right that often, and has learned nothing.`;
    findings.push({ kind: "rare", text, page: "rare-classes" });
  }
  return findings;
}

/** Return how good outputs are: the mean absolute error in the target's unit, or the share that is right. */
export function scoreOf(outputs, y, { task, std }) {
  if (!y.rows) return NaN;
  if (task === "number") {
    return (std * outputs.data.reduce((sum, value, row) => sum + Math.abs(value - y.data[row]), 0)) / y.rows;
  }
  let right = 0;
  for (let row = 0; row < y.rows; row++) right += y.data[row * y.columns + largestOf(outputs, row)];
  return right / y.rows;
}

/** Return the column of a row's largest element. */
function largestOf({ columns, data }, row) {
  const numbers = data.subarray(row * columns, (row + 1) * columns);
  return numbers.indexOf(numbers.reduce((one, other) => Math.max(one, other)));
}

/** Return outputs (n, 1) that are the same for every row: the mean, or the largest class. */
export function constantOutputs(n, { task, shares }) {
  if (task === "number") return matrix(n, 1);
  const outputs = matrix(n, shares.length);
  return { ...outputs, data: outputs.data.map((_zero, index) => shares[index % shares.length]) };
}

/**
 * Return the least-squares network without hidden layers for X and y (n, 1).
 *
 * Gram and Schmidt's orthogonal columns, each projected twice; a column that depends on
 * those before it, such as the last of a category, gets the weight 0.
 */
export function leastSquares(X, y) {
  const { rows: n, columns } = X;
  const column = (place) => Float64Array.from({ length: n }, (_none, row) => X.data[row * columns + place]);
  const dot = (one, other) => one.reduce((sum, value, row) => sum + value * other[row], 0);
  const basis = []; // { q, place, parts }: q orthonormal, parts its coefficients in earlier ones
  for (let place = -1; place < columns; place++) {
    const q = place < 0 ? new Float64Array(n).fill(1) : column(place);
    const size = Math.sqrt(dot(q, q));
    const parts = new Float64Array(basis.length);
    for (const _pass of [1, 2]) {
      basis.forEach((earlier, index) => {
        const part = dot(earlier.q, q);
        parts[index] += part;
        q.forEach((_value, row) => (q[row] -= part * earlier.q[row]));
      });
    }
    const length = Math.sqrt(dot(q, q));
    if (length <= 1e-9 * size || size === 0) continue;
    basis.push({ q: q.map((value) => value / length), place, parts, length });
  }
  const rest = basis.map(({ q }) => dot(q, y.data));
  const W = matrix(columns, 1);
  const b = matrix(1, 1);
  for (let index = basis.length - 1; index >= 0; index--) {
    const { place, parts, length } = basis[index];
    const weight = rest[index] / length;
    parts.forEach((part, earlier) => (rest[earlier] -= part * weight));
    if (place < 0) b.data[0] = weight;
    else W.data[place] = weight;
  }
  return { W: [W], b: [b], activation: "linear" };
}

/** Return a trained network with the facts of its columns, as JSON. */
export function saved({ inputs, target }, { W, b, activation }) {
  const nested = ({ columns, data }) => Array.from({ length: data.length / columns }, (_none, row) => [...data.subarray(row * columns, (row + 1) * columns)]);
  return JSON.stringify({ missing: limits.missing, gap: GAP, inputs, target, activation, W: W.map(nested), b: b.map(nested) });
}

/** Return a CSV text of all rows: their number in the file, their part, the target, the prediction. */
export function predictions(table, { inputs, target, rows }, network) {
  const column = table.names.indexOf(target.name);
  const quote = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = PARTS.flatMap((part) => {
    const outputs = forward(network, inputsOf(rows[part].map((row) => table.rows[row]), inputs, table.names)).A.at(-1);
    return rows[part].map((row, index) => {
      const answer = target.task === "number" ? outputs.data[index] * target.std + target.mean : target.classes[largestOf(outputs, index)];
      return [table.lines[row], part, table.rows[row][column].trim(), `${answer}`].map((cell) => quote(`${cell}`)).join(",");
    });
  });
  return ["row,part,target,prediction", ...lines, ""].join("\n");
}
