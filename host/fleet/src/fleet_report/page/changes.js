// What changed in an Application: its objects one below the other, as a diff.

import { LINE, lineNumber, lineText } from "./code.js";
import { rowsOf, sideBySide } from "./diff.js";
import { announce, button, h, name } from "./dom.js";
import { go, keyOf, state } from "./state.js";
import { count } from "./text.js";
import { VirtualList } from "./virtual.js";
import { CHANGES, badge, kindOf, nameOf, placeOf, sign } from "./words.js";

/** The heights of rows in pixels, as the style has them. */
const HEAD = 44;
const FOLD = 28;
const GAP = 16;

/** Objects that came or went with more lines than this are closed at first. */
const LONG = 400;

/** The changes of an Application. */
export class Changes {
  constructor(scroller, application, details) {
    this.application = application;
    this.details = details;
    this.open = new Map();
    this.unfolded = new Map();
    this.list = new VirtualList(scroller, (index) => this.make(index), { role: "list", label: "Changes" });
    this.at = -1;
    this.build();
    this.follow(state(), { object: "", line: "", view: state().view });
  }

  destroy() {
    this.list.destroy();
  }

  /** The objects that changed, by their numbers. */
  static of(application) {
    return application.objects.flatMap((object, number) => (object.change ? [number] : []));
  }

  isOpen(number) {
    if (this.open.has(number)) return this.open.get(number);
    const object = this.application.objects[number];
    if (object.noise) return false;
    if (object.change !== "added" && object.change !== "removed") return true;
    const text = this.details.texts[number];
    let lines = 0;
    for (const character of text.after ?? text.before ?? "") if (character === "\n") lines += 1;
    return lines <= LONG;
  }

  build() {
    const isSplit = state().view === "split";
    this.rows = [];
    this.heads = new Map();
    for (const number of Changes.of(this.application)) {
      if (this.rows.length > 0) this.rows.push({ kind: "gap" });
      this.heads.set(number, this.rows.length);
      this.rows.push({ kind: "head", number });
      if (!this.isOpen(number)) continue;
      if (!this.unfolded.has(number)) this.unfolded.set(number, new Set());
      const text = this.details.texts[number];
      if (text.before === undefined && text.after === undefined) continue;
      let rows = rowsOf(text, this.unfolded.get(number));
      const isWhole = text.before === undefined || text.after === undefined;
      if (isSplit && !isWhole) rows = sideBySide(rows);
      for (const row of rows) this.rows.push({ kind: row.fold ? "fold" : row.sign ? "line" : "pair", number, row });
    }
    const heights = { head: HEAD, fold: FOLD, gap: GAP, line: LINE, pair: LINE };
    this.list.reset(this.rows.length, (index) => heights[this.rows[index].kind]);
    // Where `j` and `k` stop: what changed in each object, or the object itself.
    this.stops = [];
    for (const [number, head] of this.heads) {
      const before = this.stops.length;
      for (let index = head + 1; this.rows[index]?.number === number; index += 1) if (this.rows[index].row.begins) this.stops.push(index);
      if (this.stops.length === before) this.stops.push(head);
    }
  }

  /** Goes where the state says. */
  follow(now, before) {
    if (now.view !== before.view) {
      const top = this.rows[this.list.at(this.list.scroller.scrollTop)];
      this.build();
      if (top?.number !== undefined) this.list.reveal(this.heads.get(top.number), "top");
    }
    if (now.object === before.object && now.line === before.line) return;
    const number = this.application.objects.findIndex(({ object }) => keyOf(object) === now.object);
    if (!this.heads.has(number)) {
      this.list.redraw();
      return;
    }
    const side = now.line[0] === "b" ? "old" : "new";
    const line = Number.parseInt(now.line.slice(1), 10) - 1;
    if (!this.isOpen(number) || (now.line !== "" && !this.unfolded.get(number)?.has(-1))) {
      this.open.set(number, true);
      this.build();
    }
    let index = this.find(number, side, line);
    if (index < 0 && Number.isInteger(line)) {
      // It is in a fold.
      for (const row of this.rows) if (row.kind === "fold" && row.number === number) this.unfolded.get(number).add(row.row.key);
      this.build();
      index = this.find(number, side, line);
    }
    if (index < 0) index = this.heads.get(number);
    const isInSight = this.isInSight(index);
    if (!isInSight) this.list.reveal(Math.max(0, index - (now.line ? 6 : 0)), "top");
    this.at = index;
    this.list.redraw();
  }

  isInSight(index) {
    const { scrollTop, clientHeight } = this.list.scroller;
    return this.list.tops[index] >= scrollTop && this.list.tops[index + 1] <= scrollTop + clientHeight;
  }

  find(number, side, line) {
    return this.rows.findIndex((it) => it.number === number && it.row && !it.row.fold && (it.row.sign ? it.row[side] === line : (side === "old" ? it.row.left : it.row.right)?.[side] === line));
  }

  /** Goes to the next change, or the one before. */
  step(isForward) {
    const { scrollTop } = this.list.scroller;
    const from = this.at >= 0 && this.isInSight(this.at) ? this.at : this.list.at(scrollTop + 9) - (isForward ? 1 : 0);
    const next = isForward ? this.stops.find((stop) => stop > from) : this.stops.findLast((stop) => stop < from);
    if (next === undefined) {
      announce(isForward ? "This is the last change of the Application" : "This is the first change of the Application");
      return false;
    }
    this.at = next;
    const { number } = this.rows[next];
    // The head of the object stays in sight where there is room for it.
    const head = this.heads.get(number);
    const isNear = this.list.tops[next] - this.list.tops[head] < this.list.scroller.clientHeight / 2;
    this.list.reveal(isNear ? head : Math.max(0, next - 3), "top");
    this.list.redraw();
    const object = this.application.objects[number];
    announce(`${CHANGES[object.change].word}: ${object.object.kind} ${object.object.name}`);
    return true;
  }

  make(index) {
    const it = this.rows[index];
    const mark = index === this.at ? " at" : "";
    if (it.kind === "gap") return h("div", { class: "gap" });
    if (it.kind === "head") return this.head(it.number, mark);
    if (it.kind === "fold") return this.fold(it);
    if (it.kind === "pair") return this.pair(it, mark);
    return this.line(it, mark);
  }

  head(number, mark) {
    const object = this.application.objects[number];
    const what = CHANGES[object.change];
    const isOpen = this.isOpen(number);
    const key = keyOf(object.object);
    const toggle = () => {
      this.open.set(number, !isOpen);
      this.build();
    };
    const note = notes(object);
    return h(
      "div",
      { class: `object-head ${what.kind}${mark}${state().object === key ? " selected" : ""}`, role: "listitem" },
      button({ class: "twist", "aria-expanded": String(isOpen), "aria-label": `${object.object.kind} ${object.object.name}`, onclick: toggle }, isOpen ? "\u25be" : "\u25b8"),
      sign(what),
      button(
        { class: "link object", title: "Show the object", onclick: () => go({ object: key, line: "" }) },
        h("span", { class: "kind" }, kindOf(object.object)),
        " ",
        name(nameOf(object.object)),
      ),
      badge(what),
      note ? h("span", { class: "quiet note-of" }, note) : null,
      object.origin ? h("span", { class: "place quiet" }, placeOf(object.origin)) : null,
    );
  }

  fold({ number, row }) {
    const unfold = () => {
      this.unfolded.get(number).add(row.key);
      this.build();
    };
    return button(
      { class: "fold", onclick: unfold },
      h("span", { class: "dots", "aria-hidden": "true" }, "\u22ef"),
      h("span", {}, count(row.fold, "unchanged line")),
      row.path.length > 0 ? h("span", { class: "path", dir: "ltr" }, row.path.join(" \u203a ")) : null,
    );
  }

  line({ number, row }, mark) {
    const kind = { "+": "added", "-": "removed", " ": "same" }[row.sign];
    const link = (side, line) => () => go({ object: this.key(number), line: `${side}${line + 1}` }, true);
    return h(
      "div",
      { class: `code-line ${kind}${mark}`, role: "listitem" },
      lineNumber(row.old, link("b", row.old)),
      lineNumber(row.new, link("a", row.new)),
      h("span", { class: "mark" }, { "+": "+", "-": "\u2212", " ": " " }[row.sign]),
      lineText(row.text, row.other?.text, `${number}${row.sign}${row.new ?? row.old}`),
    );
  }

  pair({ number, row }, mark) {
    const half = (it, side, line) => {
      const isLeft = side === "b";
      if (!it) return h("span", { class: "half none" });
      const kind = it.sign === " " ? "same" : isLeft ? "removed" : "added";
      const link = () => go({ object: this.key(number), line: `${side}${line + 1}` }, true);
      return h(
        "span",
        { class: `half ${kind}` },
        lineNumber(line, link),
        h("span", { class: "mark" }, it.sign === " " ? " " : isLeft ? "\u2212" : "+"),
        lineText(it.text, it.other?.text, `${number}${side}${line}`),
      );
    };
    const line = h("div", { class: `code-line two${mark}`, role: "listitem" }, half(row.left, "b", row.left?.old), half(row.right, "a", row.right?.new));
    if (line.querySelector("mark")) requestAnimationFrame(() => line.querySelectorAll(".half").forEach(showMark));
    return line;
  }

  key(number) {
    return keyOf(this.application.objects[number].object);
  }
}

/** Scrolls half a line until what differs in it is in sight. */
function showMark(half) {
  const marks = half.querySelectorAll("mark");
  if (marks.length === 0) return;
  const end = marks[marks.length - 1].getBoundingClientRect().right - half.getBoundingClientRect().left;
  if (end > half.clientWidth) half.scrollLeft = end - half.clientWidth + 24;
}

/** What is to be said of a change beside its lines. */
function notes(object) {
  if (object.renamedFrom) return `was ${object.renamedFrom}`;
  if (object.other) return `${object.change === "movedTo" ? "to" : "from"} ${object.other.name}${object.other.cluster ? ` on ${object.other.cluster}` : ""}`;
  if (object.noise) return "noise only";
  const fields = object.fields ?? [];
  return fields.length > 0 ? count(fields.length, "field") : "";
}
