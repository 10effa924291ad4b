// The tree: environments, clusters, Applications, and what of their objects is looked for.

import { announce, byId, fill, h, name } from "./dom.js";
import { data } from "./data.js";
import { byPlace } from "./matrix.js";
import { go, keyOf, onState, opening, selected, state } from "./state.js";
import { count } from "./text.js";
import { VirtualList } from "./virtual.js";
import { CHANGES, kindOf, nameOf, sign, stateOf, tally } from "./words.js";

/** The height of a row in pixels, as the style has it. */
const ROW = 28;

/** How many objects of an Application are shown of those that are looked for. */
const MOST_OBJECTS = 20;

let list = null;
let rows = [];
let active = -1;
const closed = new Set();

/** The Applications in the order of the tree that the search leaves, and in a change those that changed. */
export function listed() {
  const { search, show } = state();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const isAll = !data.report.change || show === "all" || !hasChanges();
  return data.report.applications.filter((it) => (isAll || isChanged(it)) && words.every((word) => haystack(it).includes(word)));
}

function hasChanges() {
  return data.report.applications.some(isChanged);
}

function isChanged({ state: now }) {
  return now !== "unchanged" && now !== "external";
}

/** Everything of an Application that can be looked for. */
function haystack(application) {
  if (application.haystack === undefined) {
    const { application: { name: called }, cluster } = application;
    const objects = application.objects.map(({ object }) => `${kindOf(object)} ${nameOf(object)}`);
    const sources = application.sources.map(({ path }) => path ?? "");
    const parts = [called, cluster, application.environment, application.namespace ?? "", application.project ?? "", stateOf(application, data.report.change).word];
    application.haystack = [...parts, ...sources, ...objects].join("\n").toLowerCase();
  }
  return application.haystack;
}

/** Draws the tree, and lets it follow the state. */
export function startTree() {
  const tree = byId("tree");
  list = new VirtualList(tree, make, { role: "none" });
  tree.addEventListener("keydown", onKey);
  tree.addEventListener("click", (event) => {
    const element = event.target.closest("[data-row]");
    if (element) choose(Number(element.dataset.row));
  });
  const input = byId("filter");
  let waiting = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => go({ search: input.value }, true), 80);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      tree.focus();
    }
  });
  onState((now, before) => {
    if (input.value !== now.search && document.activeElement !== input) input.value = now.search;
    if (rows.length === 0 || now.search !== before.search || now.show !== before.show) build();
    mark();
  });
}

function build() {
  const found = listed();
  const { search } = state();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  rows = [];
  for (const [environment, clusters] of byPlace(found)) {
    const key = `e:${environment}`;
    const size = [...clusters.values()].reduce((sum, applications) => sum + applications.length, 0);
    rows.push({ level: 1, key, label: environment || "\u2014", size, isBranch: true });
    if (closed.has(key) && words.length === 0) continue;
    for (const [cluster, applications] of clusters) {
      const inner = `c:${environment}/${cluster}`;
      rows.push({ level: 2, key: inner, label: cluster || "\u2014", size: applications.length, isBranch: true });
      if (closed.has(inner) && words.length === 0) continue;
      for (const application of applications) {
        rows.push({ level: 3, key: `a:${application.number}`, application });
        if (words.length > 0) addObjects(application, words);
      }
    }
  }
  active = Math.min(active, rows.length - 1);
  list.reset(rows.length, () => ROW);
  shown(found.length);
}

function shown(number) {
  const all = data.report.applications.length;
  const { show, search } = state();
  const parts = [`${number.toLocaleString("en")} of ${all.toLocaleString("en")}`];
  if (data.report.change && hasChanges()) {
    const isAll = show === "all";
    parts.push(
      h("button", { type: "button", class: "link", id: "show", "aria-pressed": String(isAll), onclick: () => go({ show: isAll ? "" : "all" }, true) }, isAll ? "only what changes" : "show all"),
    );
  }
  fill(byId("shown"), parts.flatMap((part, index) => (index > 0 ? [" \u00b7 ", part] : [part])));
  if (search !== "") announce(`${count(number, "Application")} found`);
}

/** Objects that are what is looked for, where the Application itself is not. */
function addObjects(application, words) {
  const own = `${application.application.name}\n${application.cluster}\n${application.environment}`.toLowerCase();
  if (words.every((word) => own.includes(word))) return;
  let left = MOST_OBJECTS;
  for (const object of application.objects) {
    const text = `${own}\n${kindOf(object.object)} ${nameOf(object.object)}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    if (left === 0) break;
    left -= 1;
    rows.push({ level: 4, key: `o:${application.number}/${keyOf(object.object)}`, application, object });
  }
}

function make(index) {
  const row = rows[index];
  const props = {
    class: `row level-${row.level}${index === active ? " active" : ""}`,
    role: "treeitem",
    id: `row-${index}`,
    "data-row": String(index),
    "aria-level": String(row.level),
    "aria-posinset": String(index + 1),
    "aria-setsize": String(rows.length),
  };
  if (row.isBranch) {
    const isOpen = !closed.has(row.key);
    return h("div", { ...props, "aria-expanded": String(isOpen) }, h("span", { class: "twist", "aria-hidden": "true" }, isOpen ? "\u25be" : "\u25b8"), name(row.label), h("span", { class: "quiet size" }, row.size.toLocaleString("en")));
  }
  if (row.object) {
    const what = CHANGES[row.object.change] ?? { sign: "", kind: "same" };
    return h("div", { ...props, title: nameOf(row.object.object) }, sign(what), h("span", { class: "quiet" }, kindOf(row.object.object)), " ", name(row.object.object.name));
  }
  const { application } = row;
  const what = stateOf(application, data.report.change);
  const isSelected = selected() === application;
  return h(
    "div",
    { ...props, "aria-selected": String(isSelected), title: application.application.name },
    sign(what),
    name(application.application.name),
    h("span", { class: "unseen" }, `, ${what.word}`),
    data.report.change ? tally(application.counts) : h("span", { class: "quiet size" }, size(application)),
  );
}

/** How many objects an Application has, where that is known. */
function size(application) {
  const isKnown = !["failed", "external"].includes(application.state);
  return isKnown ? application.objects.length.toLocaleString("en") : "\u2013";
}

function choose(index) {
  const row = rows[index];
  setActive(index);
  if (row.isBranch) {
    if (closed.has(row.key)) closed.delete(row.key);
    else closed.add(row.key);
    build();
  } else if (row.object) {
    go(opening(row.application, { tab: row.object.change ? "changes" : "objects", object: keyOf(row.object.object) }));
  } else {
    go(opening(row.application));
  }
}

function setActive(index) {
  if (index < 0 || index >= rows.length) return;
  active = index;
  list.reveal(index);
  list.redraw();
  byId("tree").setAttribute("aria-activedescendant", `row-${index}`);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const row = rows[active];
  const page = Math.max(1, Math.floor(byId("tree").clientHeight / ROW) - 1);
  const steps = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: rows.length - 1, PageDown: active + page, PageUp: active - page };
  if (event.key in steps) setActive(Math.max(0, Math.min(rows.length - 1, steps[event.key])));
  else if (event.key === "Enter" || event.key === " ") choose(active);
  else if (event.key === "ArrowRight" && row?.isBranch && closed.has(row.key)) choose(active);
  else if (event.key === "ArrowLeft" && row?.isBranch && !closed.has(row.key)) choose(active);
  else if (event.key === "ArrowLeft" && row) setActive(rows.findLastIndex((it, at) => at < active && it.level < row.level));
  else return;
  event.preventDefault();
}

/** Shows which Application is open. */
function mark() {
  const application = selected();
  if (application) {
    const index = rows.findIndex((row) => row.application === application && !row.object);
    if (index >= 0 && rows[active]?.application !== application) {
      active = index;
      byId("tree").setAttribute("aria-activedescendant", `row-${index}`);
      list.reveal(index, "middle");
    }
  }
  list.redraw();
}
