/** Run a page's blocks in Python, apart from the page: everything comes from this site. */

const LIMIT = 200_000; // characters that a block may print
const FLUSH = 100; // milliseconds
const KEPT = new Set(
  `Infinity NaN undefined Object Function Array Number Boolean String Symbol BigInt Date
  Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError
  TypeError URIError JSON Math Intl Reflect Proxy Map Set WeakMap WeakSet WeakRef
  FinalizationRegistry ArrayBuffer SharedArrayBuffer Atomics DataView Int8Array
  Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array
  BigInt64Array BigUint64Array Float32Array Float64Array WebAssembly TextDecoder
  TextEncoder performance crypto console parseInt parseFloat isNaN isFinite
  encodeURIComponent decodeURIComponent constructor self globalThis onmessage
  onerror addEventListener dispatchEvent`.split(/\s+/),
);
const post = self.postMessage.bind(self);
let text = "";
let unsent = "";
let sent = 0;
let runner;

function flush() {
  if (unsent) post({ type: "text", text: unsent });
  unsent = "";
  sent = performance.now();
}

function printed(decoder) {
  return (bytes) => {
    const part = decoder.decode(bytes, { stream: true });
    const room = LIMIT - text.length;
    text += part.slice(0, Math.max(room, 0));
    unsent += part.slice(0, Math.max(room, 0));
    if (room > 0 && room <= part.length) unsent += "\n… and more: only this much is shown\n";
    if (performance.now() - sent > FLUSH) flush();
    return bytes.length;
  };
}

async function bytes(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: status ${response.status}`);
  return response.arrayBuffer();
}

/** Say how much has come: of what the browser keeps, the whole at once. */
function reportProgress() {
  let loaded = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { encodedBodySize } of list.getEntries()) loaded += encodedBodySize;
    post({ type: "loading", loaded });
  });
  observer.observe({ type: "resource", buffered: true });
}

/** Take from Python's reach what JavaScript could ask of a network, or run from a text. */
function closeOff() {
  const kinds = [function () {}, async () => {}, function* () {}, async function* () {}];
  for (const kind of kinds) delete Object.getPrototypeOf(kind).constructor;
  for (let scope = self; scope !== Object.prototype; scope = Object.getPrototypeOf(scope)) {
    for (const name of Object.getOwnPropertyNames(scope)) {
      if (!KEPT.has(name)) Reflect.deleteProperty(scope, name);
    }
  }
}

async function load({ pack, course, before }) {
  reportProgress();
  const archives = [bytes(`${pack}numpy.zip`), bytes(course)];
  const backtrace = bytes(`${pack}backtrace.so`);
  const { loadPyodide } = await import(`${pack}pyodide.mjs`);
  const python = await loadPyodide({
    indexURL: pack,
    lockFileURL: `${pack}pyodide-lock.json`,
    env: { HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1" },
  });
  const isatty = true; // so that each line comes at once
  python.setStdin({ error: true });
  python.setStdout({ isatty, write: printed(new TextDecoder()) });
  python.setStderr({ isatty, write: printed(new TextDecoder()) });
  for (const archive of archives) {
    python.unpackArchive(await archive, "zip", { extractDir: "/lib/python3.11/site-packages" });
  }
  const library = "/lib/libbacktrace.so";
  python.FS.writeFile(library, new Uint8Array(await backtrace));
  await python._module.loadDynamicLibrary(library, {
    global: true,
    nodelete: true,
    loadAsync: true,
    fs: python.FS,
  });
  runner = python.pyimport("runner");
  runner.start(before);
  const resources = performance.getEntriesByType("resource").map(({ name }) => name);
  post({ type: "loaded", addresses: [location.href, ...resources] });
  closeOff();
}

function run({ codes, records, index }) {
  const places = JSON.parse(runner.plan(JSON.stringify(codes), index));
  for (const place of places) {
    post({ type: "begin", place });
    text = "";
    const { error, ...result } = JSON.parse(runner.run(place));
    flush();
    const [recorded, tolerance] = records[place];
    const same = error === null && runner.is_same(recorded, text, tolerance);
    post({ type: "end", place, error, same, ...result });
    if (error !== null) break;
  }
  post({ type: "done" });
}

const failed = (error) => post({ type: "failed", message: String(error?.message ?? error) });
let loaded;

addEventListener("securitypolicyviolation", ({ blockedURI }) => failed(`refused: ${blockedURI}`));
addEventListener("message", ({ data }) => {
  loaded ??= load(data.files);
  loaded.then(() => run(data)).catch(failed);
});
