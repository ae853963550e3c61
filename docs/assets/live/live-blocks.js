/**
 * <live-blocks>: the reader edits and runs the page's Python blocks, in the page.
 *
 * It stands at the end of a page whose blocks can run, and knows where Python lies. Nothing
 * is loaded before the first Run. The worker runs the blocks and ends with the page.
 */

const SIZE = 9; // megabytes, about, as hosts compress it
const DRAWN = new Set("svg g path rect circle text tspan clipPath pattern".split(" "));

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function button(words, act) {
  const made = element("button", { type: "button" }, words);
  made.addEventListener("click", act);
  return made;
}

/** Return a drawing as an element that can do nothing but be looked at. */
function drawing(source) {
  const svg = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  for (const each of [svg, ...svg.querySelectorAll("*")]) {
    if (!DRAWN.has(each.localName)) each.remove();
    for (const { name } of [...each.attributes]) {
      if (/^on|href/i.test(name)) each.removeAttribute(name);
    }
  }
  return document.importNode(svg, true);
}

/** A block of the page: its code, what the record shows of it, and what the reader made. */
class Block {
  constructor(page, box, output, place) {
    const { figure, tolerance = 1e-6, needs, differs } = page.facts[place];
    Object.assign(this, { page, box, output, place, tolerance, differs });
    this.code = box.querySelector("code");
    this.original = this.code.textContent;
    this.figure = figure && document.querySelector(`[data-figure$="/${figure}.svg"]`);
    this.status = element("span", { role: "status" });
    this.bar = element("div", { class: "live-bar" });
    if (needs) {
      this.status.append(`${needs} does not run in a browser: `, page.notebookLink());
    } else {
      this.runner = button("Run", () => page.toggle(this));
      this.editor = button("Edit", () => this.edit());
      this.resetter = button("Reset", () => this.reset());
      this.resetter.hidden = true;
      this.bar.append(this.runner, this.editor, this.resetter);
      if (page.kept[place] !== undefined) this.restore(page.kept[place]);
    }
    this.bar.append(this.status);
    box.append(this.bar);
    this.name(this.runner, this.editor, this.resetter);
  }

  name(...buttons) {
    for (const each of buttons) each?.setAttribute("aria-label", `${each.textContent} block ${this.place + 1}`);
  }

  get text() {
    return this.code.textContent;
  }

  get isEdited() {
    return this.text !== this.original;
  }

  edit() {
    if (!this.code.isContentEditable) {
      this.keepPristine();
      this.code.contentEditable = "plaintext-only";
      this.code.spellcheck = false;
      this.code.setAttribute("role", "textbox");
      this.code.setAttribute("aria-multiline", "true");
      const label = `Block ${this.place + 1}. Control and Enter run it, Escape leaves it.`;
      this.code.setAttribute("aria-label", label);
      this.code.addEventListener("input", () => this.changed());
      this.code.addEventListener("keydown", (event) => this.typed(event));
    }
    this.code.focus();
  }

  typed(event) {
    const insert = (text) => {
      event.preventDefault();
      document.execCommand("insertText", false, text);
    };
    if (event.key === "Escape") this.editor.focus();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.page.run(this);
    } else if (event.key === "Enter" && !event.isComposing) insert(`\n${this.indentation()}`);
    else if (event.key === "Tab" && !event.shiftKey) insert("    ");
    else return;
    event.stopPropagation(); // the site's search listens too
  }

  indentation() {
    const range = getSelection().getRangeAt(0).cloneRange();
    range.setStart(this.code, 0);
    const line = range.toString().split("\n").at(-1);
    return line.match(/^ */)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
  }

  changed() {
    this.resetter.hidden = !(this.isEdited || this.shown);
    this.page.keep(this.place, this.isEdited ? this.text : undefined);
  }

  /** Keep the colours of the code as it came, before it changes. */
  keepPristine() {
    this.pristine ??= [...this.code.childNodes].map((node) => node.cloneNode(true));
  }

  restore(text) {
    this.keepPristine();
    this.code.replaceChildren(text);
    this.resetter.hidden = false;
  }

  reset() {
    if (this.isEdited) this.code.replaceChildren(...this.pristine.map((node) => node.cloneNode(true)));
    this.show(false);
    this.status.textContent = "";
    this.changed();
    this.runner.focus();
  }

  /** Let what the reader made stand in the place of what the record shows, or not. */
  show(own) {
    for (const part of [this.ownOutput, this.ownFigure]) part?.remove();
    for (const part of [this.output, this.figure?.querySelector("svg")]) {
      if (part) part.toggleAttribute("data-replaced", own);
    }
    this.shown = own;
    this.resetter.hidden = !(own || this.isEdited);
  }

  begin() {
    this.show(true);
    this.printed = element("code", { tabindex: "0" });
    this.ownOutput = element("div", { class: "language-text output highlight live-output" });
    this.ownOutput.append(element("pre", {}, this.printed));
    this.ownOutput.hidden = true;
    (this.output ?? this.box).after(this.ownOutput);
  }

  print(text) {
    this.printed.append(text);
    this.ownOutput.hidden = false;
  }

  end({ error, figures, same }, isOwn) {
    if (error) this.print(error);
    if (figures.length > 0) {
      this.ownFigure = element("div", { class: "live-figure" }, ...figures.map(drawing));
      for (const svg of this.ownFigure.children) {
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-label", `Figure that block ${this.place + 1} draws here`);
      }
      if (this.figure) this.figure.prepend(this.ownFigure);
      else this.ownOutput.after(this.ownFigure);
    } else if (this.figure) this.figure.querySelector("svg").removeAttribute("data-replaced");
    const verdict = this.verdict(error, same, isOwn);
    this.ownOutput.dataset.label = verdict === "yours" ? "Output, yours" : "Output";
    this.status.textContent = verdict;
  }

  verdict(error, same, isOwn) {
    if (error) return "stopped by an error";
    if (this.page.files.before) return "done"; // a workbook, of which there is no record
    if (isOwn) return "yours";
    if (!same) return this.differs ? `differs in the browser: ${this.differs}` : "differs from the record";
    return this.output ? "equal to the record" : "done";
  }
}

class LiveBlocks extends HTMLElement {
  connectedCallback() {
    if (!canRun()) return;
    const { blocks, pack, course, before = "" } = this.dataset;
    const file = (name) => new URL(name, import.meta.url).href;
    this.files = { pack: file(`${pack}/`), course: file(course), before };
    this.facts = JSON.parse(blocks);
    this.key = `live ${location.pathname}`;
    this.kept = JSON.parse(sessionStorage.getItem(this.key) ?? "{}");
    this.build();
  }

  disconnectedCallback() {
    this.worker?.terminate();
  }

  build() {
    this.blocks = [];
    const article = this.closest("article");
    for (const box of article.querySelectorAll(".live.highlight, .output")) {
      if (box.matches(".output")) this.blocks.at(-1).output = box;
      else this.blocks.push({ box });
    }
    this.blocks = this.blocks.map(({ box, output }, place) => new Block(this, box, output, place));
  }

  notebookLink() {
    const link = document.querySelector('.page-forms a[download][href$=".ipynb"]');
    if (!link) return "";
    return element("a", { href: link.href, download: "" }, "take the notebook");
  }

  keep(place, text) {
    this.kept[place] = text;
    sessionStorage.setItem(this.key, JSON.stringify(this.kept));
  }

  toggle(block) {
    if (this.running === block) this.stop("stopped; the next run starts anew");
    else this.run(block);
  }

  stop(words) {
    this.worker.terminate();
    this.worker = undefined;
    this.running.status.textContent = words;
    this.finish();
  }

  run(block) {
    if (this.running) return;
    this.running = block;
    block.status.textContent = "running …";
    if (!this.worker) {
      block.status.textContent = `loading Python, about ${SIZE} MB, once …`;
      this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
      this.worker.onmessage = ({ data }) => this.heard(data);
      this.worker.onerror = ({ message = "no network" }) => this.stop(`cannot run here: ${message}`);
    }
    for (const each of this.blocks) if (each.runner) each.runner.disabled = each !== block;
    block.runner.textContent = "Stop";
    block.name(block.runner);
    this.worker.postMessage({
      files: this.files,
      codes: this.blocks.map((each) => each.text),
      records: this.blocks.map((each) => [each.output?.querySelector("code").textContent ?? "", each.tolerance]),
      index: block.place,
    });
  }

  heard({ type, place, text, loaded, addresses, message, ...result }) {
    if (!this.running) return;
    if (type === "loading") {
      const done = (loaded / 1e6).toFixed(1);
      this.running.status.textContent = `loading Python, about ${SIZE} MB, once: ${done} MB …`;
    } else if (type === "loaded") keepForOffline(addresses);
    else if (type === "begin") {
      this.current = this.blocks[place];
      this.running.status.textContent =
        this.current === this.running ? "running …" : `running block ${place + 1}, which this one needs …`;
      this.current.begin();
    } else if (type === "text") this.current.print(text);
    else if (type === "end") {
      const isOwn = result.needs.some((each) => this.blocks[each].isEdited);
      this.current.end(result, isOwn);
      if (result.error && this.current !== this.running) {
        this.running.status.textContent = `block ${place + 1}, which this one needs, was stopped by an error`;
      }
    } else if (type === "failed") this.stop(`cannot run here: ${message}`);
    else this.finish();
  }

  finish() {
    this.running.runner.textContent = "Run";
    this.running.name(this.running.runner);
    for (const each of this.blocks) if (each.runner) each.runner.disabled = false;
    this.running = undefined;
  }
}

/** Let a start anew need no network, where the browser can keep files. */
async function keepForOffline(addresses) {
  const files = new URLSearchParams(addresses.sort().map((address) => ["file", address]));
  try {
    await navigator.serviceWorker?.register(new URL(`offline.js?${files}`, import.meta.url));
  } catch (error) {
    console.info(`Blocks start anew only with a network: ${error.message}`);
  }
}

/** Tell whether the browser knows modules in workers, as all that know :has() do, and plain editing. */
function canRun() {
  if (!CSS.supports("selector(:has(*))")) return false;
  try {
    element("code").contentEditable = "plaintext-only";
    return true;
  } catch {
    return false;
  }
}

customElements.define("live-blocks", LiveBlocks);
