// The objects of an Application as a table.

import { announce, fill, h, name } from "./dom.js";
import { go, keyOf, state } from "./state.js";
import { count, signed } from "./text.js";
import { VirtualList } from "./virtual.js";
import { CHANGES, kindOf, placeOf, sign } from "./words.js";

/** The height of a row in pixels, as the style has it. */
const ROW = 28;

const COLUMNS = [
  ["kind", "Kind", ({ object }) => kindOf(object)],
  ["name", "Name", ({ object }) => object.name],
  ["namespace", "Namespace", ({ object }) => object.namespace ?? ""],
  ["wave", "Wave", ({ wave }) => wave],
  ["place", "Source", ({ origin }) => (origin ? placeOf(origin) : "")],
];

/** The table of objects. */
export class Objects {
  constructor(scroller, application) {
    this.application = application;
    this.by = ["kind", false];
    this.order = application.objects.map((_, number) => number);
    this.table = h("div", { class: "table", role: "table", "aria-label": "Objects", "aria-rowcount": String(this.order.length + 1) });
    this.header = h("div", { class: "table-row table-head", role: "row" });
    this.table.append(this.header);
    scroller.append(this.table);
    this.list = new VirtualList(scroller, (index) => this.make(index), { role: "rowgroup" });
    this.table.append(this.list.body);
    this.head();
    this.list.reset(this.order.length, () => ROW);
    this.follow(state(), { object: null });
  }

  destroy() {
    this.list.destroy();
    this.table.remove();
  }

  head() {
    const [by, isDown] = this.by;
    const cell = ([key, label, value]) => {
      const sort = () => {
        this.by = [key, key === by && !isDown];
        const order = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
        const values = this.application.objects.map(value);
        this.order.sort((one, other) => (this.by[1] ? -1 : 1) * order(values[one], values[other]) || one - other);
        this.head();
        this.list.redraw();
        announce(`Sorted by ${label}`);
      };
      const direction = key === by ? (isDown ? "descending" : "ascending") : null;
      return h("span", { role: "columnheader", class: key, "aria-sort": direction }, h("button", { type: "button", class: "link", onclick: sort }, label, key === by ? (isDown ? " \u25be" : " \u25b4") : ""));
    };
    fill(this.header, COLUMNS.map(cell));
  }

  make(index) {
    const object = this.application.objects[this.order[index]];
    const key = keyOf(object.object);
    const what = object.change ? CHANGES[object.change] : null;
    const isSelected = state().object === key;
    return h(
      "div",
      { class: `table-row${isSelected ? " selected" : ""}${what ? ` ${what.kind}` : ""}`, role: "row", "aria-rowindex": String(index + 2), onclick: () => go({ object: key, line: "" }) },
      h("span", { role: "cell", class: "kind" }, what ? [sign(what), h("span", { class: "unseen" }, `${what.word} `)] : null, kindOf(object.object)),
      h("span", { role: "cell", class: "name" }, h("button", { type: "button", class: "link", title: object.object.name }, name(object.object.name))),
      h("span", { role: "cell", class: "namespace", title: object.object.namespace }, name(object.object.namespace ?? "")),
      h("span", { role: "cell", class: "wave" }, what?.kind === "removed" ? "" : signed(object.wave), object.hook ? h("span", { class: "badge same" }, "hook") : null),
      h("span", { role: "cell", class: "place quiet", title: object.origin ? placeOf(object.origin) : null }, object.origin ? h("bdi", {}, placeOf(object.origin)) : ""),
    );
  }

  follow(now, before) {
    if (now.object === before.object) return;
    const index = this.order.findIndex((number) => keyOf(this.application.objects[number].object) === now.object);
    if (index >= 0) this.list.reveal(index);
    this.list.redraw();
  }

  step(isForward) {
    const at = this.order.findIndex((number) => keyOf(this.application.objects[number].object) === state().object);
    const next = at < 0 ? (isForward ? 0 : this.order.length - 1) : at + (isForward ? 1 : -1);
    const object = this.application.objects[this.order[next]];
    if (!object) return false;
    go({ object: keyOf(object.object), line: "" }, true);
    announce(`${object.object.kind} ${object.object.name}, ${next + 1} of ${count(this.order.length, "object")}`);
    return true;
  }
}
