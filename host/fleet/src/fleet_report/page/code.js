// A line of YAML in the page.

import { button, h } from "./dom.js";
import { count } from "./text.js";
import { wordsOf } from "./diff.js";

/** The height of a line in pixels, as the style has it. */
export const LINE = 20;

/** How much of a long line is shown until it is asked for. */
const LONG = 400;

/** A key of YAML and what stands around it. */
const KEY = /^(\s*(?:- )*)("[^"]*"|[^\s"'#:{[][^:]*?)(:)(?=\s|$)/;

const unfolded = new Set();

/** The text of a line. What differs from the line that it stands for is marked. `id` is what the line is called where it is long. */
export function lineText(text, other, id) {
  const content = h("span", { class: "text" });
  draw(content, text, other, id);
  return content;
}

function draw(content, text, other, id) {
  const isLong = text.length > LONG && !unfolded.has(id);
  const shown = isLong ? text.slice(0, LONG) : text;
  const parts = other === undefined || text.length > 20_000 ? [{ text: shown, isSame: true }] : clipped(wordsOf(text, other), shown.length);
  const isWhole = parts.every((part) => !part.isSame || part.text.trim() === "");
  const nodes = parts.flatMap((part, index) => {
    if (!part.isSame && !isWhole) return [h("mark", {}, part.text)];
    return index === 0 ? withKey(part.text) : [part.text];
  });
  content.replaceChildren();
  for (const node of nodes) content.append(node instanceof Node ? node : h("span", {}, node));
  if (isLong) {
    const more = button({ class: "more", onclick: () => { unfolded.add(id); draw(content, text, other, id); } }, `\u2026 ${count(text.length - LONG, "more character")}`);
    content.append(more);
  }
}

function clipped(parts, most) {
  const kept = [];
  let left = most;
  for (const part of parts) {
    if (left <= 0) break;
    kept.push({ ...part, text: part.text.slice(0, left) });
    left -= part.text.length;
  }
  return kept;
}

function withKey(text) {
  const found = KEY.exec(text);
  if (!found) return [text];
  const [all, indent, key, colon] = found;
  return [indent, h("span", { class: "key" }, key), colon + text.slice(all.length)];
}

/** The number of a line, which links to it. */
export function lineNumber(number, onclick) {
  if (number === null) return h("span", { class: "number" });
  return h("button", { type: "button", class: "number", tabindex: "-1", "aria-label": `Link to line ${number + 1}`, onclick }, String(number + 1));
}
