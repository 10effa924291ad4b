// Environments × clusters, with Applications as cells.

import { byId, fill, h, name } from "./dom.js";
import { data } from "./data.js";
import { go, onState, opening, selected } from "./state.js";
import { count } from "./text.js";
import { stateOf } from "./words.js";

/** Beyond so many cells of one cluster, those of which nothing is to be seen are counted. */
const MOST = 300;

/** Beyond so many cells of one cluster, they are small. */
const MANY = 60;

const cells = new Map();

/** Applications by environment, and by cluster in each. */
export function byPlace(applications) {
  const environments = new Map();
  for (const application of applications) {
    const { environment } = application;
    if (!environments.has(environment)) environments.set(environment, new Map());
    const clusters = environments.get(environment);
    const { cluster } = application;
    if (!clusters.has(cluster)) clusters.set(cluster, []);
    clusters.get(cluster).push(application);
  }
  return environments;
}

/** Draws the matrix. */
export function startMatrix() {
  const environments = byPlace(data.report.applications);
  const rows = [];
  for (const [environment, clusters] of environments) {
    rows.push(h("tr", {}, h("th", { colspan: "2", scope: "rowgroup", class: "environment" }, name(environment || "\u2014"))));
    for (const [cluster, applications] of clusters) rows.push(row(cluster, applications));
  }
  fill(
    byId("cells"),
    h("table", { class: "matrix" }, h("caption", { class: "unseen" }, "Applications by environment and cluster"), h("tbody", {}, rows)),
  );
  fill(byId("legend"), legend());
  byId("cells").addEventListener("click", (event) => {
    const cell = event.target.closest("[data-number]");
    if (cell) go(opening(data.report.applications[Number(cell.dataset.number)]));
  });
  byId("cells").addEventListener("keydown", move);
  onState(mark);
}

function row(cluster, applications) {
  let shown = applications;
  if (applications.length > MOST) shown = applications.filter((it) => it.state !== "unchanged").slice(0, MOST);
  const rest = applications.length - shown.length;
  const title = [name(cluster || "\u2014"), h("span", { class: "quiet" }, ` ${applications.length}`)];
  return h(
    "tr",
    { class: shown.length > MANY ? "many" : null },
    h("th", { scope: "row", title: cluster }, title),
    h("td", {}, h("div", { class: "cells" }, shown.map(cell), rest > 0 ? h("span", { class: "quiet rest" }, `${count(rest, "more Application")}`) : null)),
  );
}

function cell(application) {
  const state = stateOf(application, Boolean(data.report.change));
  const called = `${application.application.name}: ${state.word}`;
  const element = h(
    "button",
    { type: "button", class: `cell ${state.kind}`, "data-number": String(application.number), title: called, "aria-label": called, tabindex: cells.size === 0 ? "0" : "-1" },
    state.sign,
  );
  cells.set(application.number, element);
  return element;
}

/** What the signs mean that are there. */
function legend() {
  const states = new Map();
  for (const application of data.report.applications) {
    const state = stateOf(application, Boolean(data.report.change));
    const known = states.get(state.word) ?? { state, number: 0 };
    known.number += 1;
    states.set(state.word, known);
  }
  return h(
    "p",
    { class: "legend quiet" },
    [...states.values()].map(({ state, number }) =>
      h("span", {}, h("span", { class: `cell ${state.kind}`, "aria-hidden": "true" }, state.sign), ` ${number.toLocaleString("en")} ${state.word}`),
    ),
  );
}

/** Arrows go from cell to cell. */
function move(event) {
  const cell = event.target.closest("[data-number]");
  const all = [...cells.values()];
  const index = all.indexOf(cell);
  if (index < 0) return;
  let to = null;
  if (event.key === "ArrowRight") to = index + 1;
  else if (event.key === "ArrowLeft") to = index - 1;
  else if (event.key === "Home") to = 0;
  else if (event.key === "End") to = all.length - 1;
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") to = below(all, index, event.key === "ArrowDown");
  if (to === null || !all[to]) return;
  event.preventDefault();
  all[index].tabIndex = -1;
  all[to].tabIndex = 0;
  all[to].focus();
}

/** The nearest cell of the next line of cells. */
function below(all, index, isDown) {
  const from = all[index].getBoundingClientRect();
  const step = isDown ? 1 : -1;
  let best = null;
  for (let at = index + step; at >= 0 && at < all.length; at += step) {
    const to = all[at].getBoundingClientRect();
    if (Math.abs(to.top - from.top) < 2) continue;
    if (best && Math.abs(to.top - best.top) > 2) break;
    const distance = Math.abs(to.left - from.left);
    if (!best || distance < best.distance) best = { at, top: to.top, distance };
  }
  return best?.at ?? null;
}

function mark() {
  const application = selected();
  for (const element of byId("cells").querySelectorAll("[aria-current]")) element.removeAttribute("aria-current");
  const element = application && cells.get(application.number);
  if (!element) return;
  element.setAttribute("aria-current", "true");
  element.scrollIntoView({ block: "nearest" });
}
