/**
 * Read a table and train on it, apart from the page: commands in, messages out.
 *
 * Papa Parse is no module, so this is a classic worker. All that it needs is loaded
 * before a file is chosen; it asks for nothing afterwards.
 */

importScripts("papaparse.min.js");
self.onmessage = null; // Papa Parse takes a worker's messages for its own

const TICK = 20; // milliseconds of training, then other messages may come
const REPORTS = 100; // milliseconds between two reports
const SHOWN = 300; // validation rows that the page draws
const modules = Promise.all([import("./own-data-table.js"), import("./own-data-model.js"), import("./own-data-run.js")]);
let table;
let data;
let baselines;
let run;
let number;
let timer;
let reportedAt = 0;

function report() {
  const { y } = data;
  const outputs = run.outputs("validation");
  const n = Math.min(SHOWN, y.validation.rows) * y.validation.columns;
  const shown = { predicted: outputs.data.slice(0, n), measured: y.validation.data.slice(0, n) };
  const state = { number, running: timer !== undefined, shown };
  postMessage({ kind: "report", ...run.measure(baselines), ...state });
  reportedAt = performance.now();
}

function pause() {
  clearTimeout(timer);
  timer = undefined;
}

function tick(last) {
  const end = performance.now() + TICK;
  while (performance.now() < end && run.steps < last && !run.failed) run.step();
  if (run.failed || run.steps >= last) pause();
  else timer = setTimeout(tick, 0, last);
  if (timer === undefined || performance.now() - reportedAt > REPORTS) report();
}

const commands = {
  async open({ file }, [reading]) {
    pause();
    data = undefined;
    const { text, notes } = await reading.readText(file, (share) => postMessage({ kind: "progress", share }));
    table = reading.readTable(self.Papa, text);
    table.notes.push(...notes);
    postMessage({ kind: "table", columns: reading.guessTypes(table), notes: table.notes });
  },
  prepare({ settings }, [, model, running]) {
    pause();
    data = undefined;
    data = model.prepare(table, settings);
    baselines = running.baselinesOf(data);
    const { target, rows, notes, findings, X } = data;
    const sizes = Object.fromEntries(Object.entries(rows).map(([part, places]) => [part, places.length]));
    postMessage({ kind: "prepared", target, notes, findings, sizes, n_in: X.train.columns, baselines: baselines.rows });
  },
  reset({ settings, number: next }, [, , running]) {
    pause();
    if (!data) return;
    number = next;
    run = new running.Run(data, settings);
    report();
  },
  run({ steps }) {
    pause();
    tick(run.steps + steps);
  },
  step() {
    pause();
    run.step();
    report();
  },
  pause() {
    pause();
    report();
  },
  open_test() {
    pause();
    postMessage({ kind: "test", score: run.score("test") });
  },
  take({ what }, [, model]) {
    const texts = {
      "model.json": () => model.saved(data, run.network),
      "predictions.csv": () => model.predictions(table, data, run.network),
    };
    postMessage({ kind: "text", name: what, text: texts[what]() });
  },
};

/** Carry a command out; a refusal goes to the page as a sentence. */
async function answer({ command, ...options }) {
  const loaded = await modules;
  try {
    await commands[command](options, loaded);
  } catch (error) {
    if (!(error instanceof loaded[0].Refusal)) throw error;
    postMessage({ kind: "refused", command, text: error.message });
  }
}

let done = modules;

addEventListener("message", ({ data: message }) => {
  done = done.then(() => answer(message)).catch(reportError);
});

modules.then(() => postMessage({ kind: "ready" }));
