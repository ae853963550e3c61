/** <message-finder>: paste a message or a traceback, and read what the page's table knows. */

import { Lab, element, uniqueId } from "./lab.js";

const PAUSE = 300;
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** Return what finds a message, whatever stands where it has a …, as the doctor does. */
function pattern(message) {
  const parts = message.split("…").map((part) => part.replace(SPECIAL, "\\$&"));
  return new RegExp(parts.join(".{0,200}?"), "gi");
}

/** Return the table's messages, the longest first: [{ words, meaning }], meaning a cell. */
export function knownMessages() {
  const known = [];
  for (const { cells } of document.querySelectorAll(".messages tbody tr")) {
    const [messages, meaning] = cells;
    for (const { textContent } of messages.querySelectorAll("code")) {
      const { length } = textContent.replaceAll("…", "");
      known.push({ length, words: pattern(textContent), meaning });
    }
  }
  return known.sort((one, other) => other.length - one.length);
}

/** Return the cells about a message or a traceback, the closest first. */
export function explain(message, known) {
  const plain = message.replace(/\x1b\[[0-9;]*m/g, "").replaceAll("’", "'");
  const text = plain.split(/\s+/).join(" ");
  const found = new Set();
  const spans = [];
  for (const { words, meaning } of known) {
    for (const match of text.matchAll(words)) {
      const [start, end] = [match.index, match.index + match[0].length];
      if (spans.some(([first, last]) => first <= start && end <= last)) continue;
      found.add(meaning);
      spans.push([start, end]);
    }
  }
  return [...found];
}

class MessageFinder extends Lab {
  build(panel) {
    const id = uniqueId();
    this.known = knownMessages();
    this.input = element("textarea", { id, rows: 3, spellcheck: "false" });
    this.status = element("p", { role: "status" });
    this.results = element("ul");
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.answer(), PAUSE);
    });
    this.signal.addEventListener("abort", () => clearTimeout(this.timer));
    const label = element("label", { for: id }, "Paste an error message or a whole traceback");
    panel.append(label, this.input, this.status, this.results);
  }

  answer() {
    const cells = explain(this.input.value, this.known);
    const items = cells.map((cell) => element("li", {}, ...cell.cloneNode(true).childNodes));
    this.results.replaceChildren(...items);
    this.status.textContent = this.input.value.trim() ? this.verdict(cells) : "";
  }

  verdict(cells) {
    if (cells.length === 0) return "Not known here. What does the loss do? See the path below.";
    const titles = cells.map((cell) => cell.querySelector("a").textContent);
    return `Found: ${[...new Set(titles)].join("; ")}.`;
  }
}

customElements.define("message-finder", MessageFinder);
