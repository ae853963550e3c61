/** Read a table from a CSV file, and say in sentences what was found in it. */

import { permutation, randomGenerator } from "./random.js";

const LIMITS = { bytes: 200e6, columns: 100, rows: 10_000, least: 50 };
const MISSING = ["", "-", "?", "n/a", "#n/a", "na", "nan", "null", "none"];
const SEPARATORS = { ";": "semicolons", ",": "commas", "\t": "tabs", "|": "bars" };
const SLICE = 4e6; // bytes that are decoded, and characters that are parsed, at a time
const SHARES = [0.7, 0.15]; // of training and validation; the rest is the test
const ENOUGH = 0.9; // of a column's cells make its type
const MOST_VALUES = 50; // of a category
const GROUP = "[ \u00a0\u202f'’";
const NUMBER = {
  ".": [/^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?$/i, new RegExp(`^[+-]?[0-9]{1,3}(${GROUP},][0-9]{3})+(\\.[0-9]+)?$`)],
  ",": [/^[+-]?([0-9]+(,[0-9]*)?|,[0-9]+)(e[+-]?[0-9]+)?$/i, new RegExp(`^[+-]?[0-9]{1,3}(${GROUP}.][0-9]{3})+(,[0-9]+)?$`)],
};
const YEAR_FIRST = /^([1-9][0-9]{3})[-./]([0-9]{1,2})[-./]([0-9]{1,2})([T ].*)?$/;
const YEAR_LAST = /^([0-9]{1,2})[-./]([0-9]{1,2})[-./]([1-9][0-9]{3})([T ].*)?$/;
const DATES = { ymd: [YEAR_FIRST, [1, 2, 3]], dmy: [YEAR_LAST, [3, 2, 1]], mdy: [YEAR_LAST, [3, 1, 2]] };

/** What a column can be, by its key, in the words of the lab. */
export const TYPES = {
  out: "leave out",
  ".": "number, as 1.5",
  ",": "number, as 1,5",
  category: "category",
  ymd: "date, year first",
  dmy: "date, day first",
  mdy: "date, month first",
};

/** What is wrong with a file or a choice, as a sentence. */
export class Refusal extends Error {}

/** Tell whether a cell holds nothing, or a word for it. */
export const isMissing = (text) => MISSING.includes(text.trim().toLowerCase());

/** Return a cell as a number with this decimal sign; NaN if it is none. */
export function numberOf(text, decimal) {
  const trimmed = text.trim().replace("−", "-");
  const [simple, grouped] = NUMBER[decimal];
  if (!simple.test(trimmed) && !grouped.test(trimmed)) return NaN;
  const thousands = decimal === "," ? /[ \u00a0\u202f'’.]/g : /[ \u00a0\u202f'’,]/g;
  const number = Number(trimmed.replace(thousands, "").replace(",", "."));
  return Number.isFinite(number) ? number : NaN;
}

/** Return the weekday of a date, "1" for Monday to "7", or nothing if it is none. */
export function weekdayOf(text, order) {
  const [form, places] = DATES[order];
  const parts = form.exec(text.trim());
  if (!parts) return undefined;
  const [year, month, day] = places.map((place) => Number(parts[place]));
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? `${((date.getUTCDay() + 6) % 7) + 1}` : undefined;
}

/** Return a count with its noun: "1 row", "2 rows", "1,200 rows". */
export function counted(n, noun) {
  const plural = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${n.toLocaleString("en")} ${n === 1 ? noun : noun.endsWith("ss") ? `${noun}es` : plural}`;
}

/** Return the first of some rows in words: "row 3", "rows 3, 8, 9 and more". */
export function rowsInWords(lines) {
  const first = lines.slice(0, 3).join(", ");
  return `${lines.length === 1 ? "row" : "rows"} ${first}${lines.length > 3 ? " and more" : ""}`;
}

/** Return { text, notes } of a file, decoded piece by piece. */
export async function readText(file, onProgress) {
  if (file.size > LIMITS.bytes) {
    throw new Refusal(`The file has ${Math.round(file.size / 1e6)} MB. The lab reads up to ${LIMITS.bytes / 1e6} MB.`);
  }
  const start = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (start[0] === 0x50 && start[1] === 0x4b) {
    throw new Refusal("This is a workbook or an archive, not a CSV file. In the spreadsheet, save it as CSV.");
  }
  const utf16 = { "255,254": "utf-16le", "254,255": "utf-16be" }[start.slice(0, 2).join()];
  try {
    return { text: await decoded(file, utf16 ?? "utf-8", onProgress), notes: [] };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  const note = "The file is not in UTF-8. It is read as Windows-1252, the encoding of many spreadsheets; look at the accents.";
  return { text: await decoded(file, "windows-1252", onProgress), notes: [note] };
}

async function decoded(file, encoding, onProgress) {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const pieces = [];
  for (let start = 0; start < file.size; start += SLICE) {
    pieces.push(decoder.decode(await file.slice(start, start + SLICE).arrayBuffer(), { stream: true }));
    onProgress(Math.min(start + SLICE, file.size) / file.size);
  }
  return pieces.join("") + decoder.decode();
}

/** Return the sign that separates most of a text's first line, outside of quotes. */
function separatorOf(text) {
  const line = /^[^\r\n]*/.exec(text.trimStart())[0].replaceAll(/"[^"]*"/g, "");
  const counts = Object.keys(SEPARATORS).map((sign) => [line.split(sign).length - 1, sign]);
  const [count, sign] = counts.reduce((best, next) => (next[0] > best[0] ? next : best));
  if (!count) {
    throw new Refusal("The first row has one column. A table for a network has at least two, separated by commas, semicolons or tabs.");
  }
  return sign;
}

/**
 * Return a table { names, rows, lines, split, separator, notes } of a text.
 *
 * Each different row is kept once, up to a limit. `lines` holds the number that a
 * spreadsheet gives each row; `split` the places of training, validation and test rows.
 */
export function readTable(Papa, text) {
  if (text.includes("\0")) throw new Refusal("The file holds bytes that no text has: it is no CSV file.");
  if (!text.trim()) throw new Refusal("The file is empty.");
  const separator = separatorOf(text);
  const random = randomGenerator(0);
  const seen = new Map();
  const repeated = [];
  const ragged = [];
  const table = { names: undefined, rows: [], lines: [], separator, notes: [] };
  let line = 0;
  let different = 0;
  const take = (row) => {
    line += 1;
    if (row.every((cell) => !cell.trim())) return;
    if (!table.names) return void (table.names = namesOf(row, table.notes));
    if (row.length > table.names.length && row.slice(table.names.length).every((cell) => !cell.trim())) row.length = table.names.length;
    if (row.length !== table.names.length) return void ragged.push([line, row.length]);
    const key = row.join("\u001f");
    if (seen.has(key)) return void repeated.push([line, seen.get(key)]);
    seen.set(key, line);
    different += 1;
    // Of too many rows, each has the same chance to stay: Vitter's algorithm R.
    const place = different > LIMITS.rows ? Math.floor(random() * different) : table.rows.length;
    if (place < LIMITS.rows) [table.rows[place], table.lines[place]] = [row, line];
  };
  const chunk = ({ data, errors }) => {
    const open = errors.find(({ code }) => code === "MissingQuotes");
    if (open) {
      throw new Refusal(`Row ${line + 1 + (open.row ?? 0)} opens a quotation mark that nothing closes. Close or remove it.`);
    }
    data.forEach(take);
  };
  Papa.parse(text, { delimiter: separator, chunk, chunkSize: SLICE });
  describe(table, { repeated, ragged, different });
  table.split = splitRows(table.rows.length, random);
  return table;
}

function namesOf(row, notes) {
  if (row.length > LIMITS.columns) {
    throw new Refusal(`The file has ${row.length} columns. The lab takes up to ${LIMITS.columns}.`);
  }
  if (row.every((cell) => !Number.isNaN(numberOf(cell, ".")) || !Number.isNaN(numberOf(cell, ",")))) {
    throw new Refusal(`Row 1 holds only numbers (${row.slice(0, 3).join(", ")}). Write the names of the columns above it.`);
  }
  const names = [];
  row.forEach((cell, column) => {
    const name = cell.trim() || `column ${column + 1}`;
    if (!cell.trim()) notes.push(`Column ${column + 1} has no name in row 1. It is called “${name}” here.`);
    const twin = names.indexOf(name);
    if (twin >= 0) notes.push(`Columns ${twin + 1} and ${column + 1} are both called “${name}”. The second is “${name} (${column + 1})” here.`);
    names.push(twin < 0 ? name : `${name} (${column + 1})`);
  });
  return names;
}

function describe({ names, rows, separator, notes }, { repeated, ragged, different }) {
  if (!rows.length && !ragged.length) throw new Refusal("The file has a row of names, and no rows below it.");
  notes.unshift(
    `${counted(different, "different row")}, ${counted(names.length, "column")}, separated by ${SEPARATORS[separator]}.`,
  );
  if (ragged.length > different) {
    const [[line, length]] = ragged;
    throw new Refusal(`Row 1 has ${names.length} columns, but row ${line} has ${length}, and most rows have another number than row 1. Does it hold the names?`);
  }
  if (ragged.length) {
    const [[line, length]] = ragged;
    notes.push(`${counted(ragged.length, "row")} left out: row 1 has ${counted(names.length, "cell")}, row ${line} has ${length}.`);
  }
  if (repeated.length) {
    const [[line, first]] = repeated;
    notes.push(`${counted(repeated.length, "row")} left out that repeat another one, such as row ${line}, the same as row ${first}: the test would ask what the network has seen.`);
  }
  if (different > rows.length) {
    notes.push(`The lab takes ${rows.length.toLocaleString("en")} of them, drawn at random.`);
  }
}

function splitRows(n, random) {
  const order = permutation(n, random);
  const [first, second] = [Math.round(SHARES[0] * n), Math.round((SHARES[0] + SHARES[1]) * n)];
  return { train: order.slice(0, first), validation: order.slice(first, second), test: order.slice(second) };
}

/** Return what each column seems to be: [{ name, type, note, examples, different, missing }]. */
export function guessTypes(table) {
  const columns = table.names.map((_name, column) => table.split.train.map((row) => table.rows[row][column]));
  const decimal = decimalOf(columns);
  return columns.map((cells, column) => {
    const name = table.names[column];
    const present = cells.filter((cell) => !isMissing(cell));
    const different = new Set(present).size;
    const { type, note } = guessType(name, present, { different, decimal, n: cells.length });
    const examples = [...new Set(present.slice(0, 20))].slice(0, 3);
    return { name, type, note, examples, different, missing: cells.length - present.length };
  });
}

/** Return the decimal sign that the cells of all columns speak for. */
function decimalOf(columns) {
  const votes = { ".": 0, ",": 0 };
  for (const cells of columns) {
    for (const cell of cells) {
      const sign = /^\s*[+-]?[0-9]+([.,])([0-9]{1,2}|[0-9]{4,})\s*$/.exec(cell)?.[1];
      if (sign) votes[sign] += 1;
    }
  }
  return votes[","] > votes["."] ? "," : ".";
}

function guessType(name, present, { different, decimal, n }) {
  const out = (note) => ({ type: "out", note: `“${name}” ${note}` });
  if (!present.length) return out("is empty in the training rows: it is left out.");
  if (different === 1 && present.length === n) {
    return out(`has the same value in all training rows, ${present[0].trim()}: it tells no row from another, and is left out.`);
  }
  const share = (fits) => present.filter(fits).length / present.length;
  const other = decimal === "," ? "." : ",";
  const [usual, unusual] = [decimal, other].map((sign) => share((cell) => !Number.isNaN(numberOf(cell, sign))));
  if (Math.max(usual, unusual) >= ENOUGH) return numberType(name, present, different, usual >= unusual ? decimal : other);
  const dates = Object.keys(DATES).map((order) => [share((cell) => weekdayOf(cell, order)), order]);
  const [[ymd], [dmy], [mdy]] = dates;
  const [best, order] = dates.reduce((one, next) => (next[0] > one[0] ? next : one));
  if (best >= ENOUGH) {
    const unclear = ymd < ENOUGH && dmy === mdy;
    const note = `“${name}” can have the day first or the month first, as in ${present[0].trim()}: check its type.`;
    return { type: order, note: unclear ? note : undefined };
  }
  if (different > Math.min(MOST_VALUES, present.length / 2)) {
    return out(`has ${counted(different, "different text")} in ${counted(present.length, "training row")}: it names the row, and is left out.`);
  }
  return { type: "category" };
}

function numberType(name, present, different, type) {
  const numbers = present.map((cell) => numberOf(cell, type));
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const counts = numbers.every(Number.isInteger) && different === present.length && most - least < 2 * present.length;
  if (counts && present.length >= 20) {
    return { type: "out", note: `“${name}” counts the rows, ${least} to ${most}: it says nothing about a new row, and is left out.` };
  }
  const groups = present.find((cell) => /^\s*[+-]?[1-9][0-9]{0,2}([.,])[0-9]{3}\s*$/.test(cell));
  const both = present.every((cell) => !Number.isNaN(numberOf(cell, ".")) && !Number.isNaN(numberOf(cell, ",")));
  const note = `“${name}”: ${groups?.trim()} is taken for ${groups && numberOf(groups, type)}. If that is wrong, change its type.`;
  return { type, note: both && groups ? note : undefined };
}

export const limits = { ...LIMITS, values: MOST_VALUES, missing: MISSING };
