// On paper: findings, then changes, without what is for the screen.

import { knownDetails, detailsOf, data } from "./data.js";
import { rowsOf } from "./diff.js";
import { byId, fill, h, lines, name, sentence } from "./dom.js";
import { CHANGES, SEVERITIES, kindOf, nameOf, placeOf } from "./words.js";

/** How many lines are printed; what is beyond is counted. */
const MOST_LINES = 20_000;

/** Gets what changed ready for print while there is nothing else to do. */
export async function prepare() {
  for (const application of changed()) await detailsOf(application.number);
  document.body.classList.add("printable");
}

/** Prints when the browser does. */
export function startPrint() {
  addEventListener("beforeprint", draw);
  addEventListener("afterprint", () => fill(byId("printed")));
}

function changed() {
  return data.report.applications.filter((it) => it.objects.some((object) => object.change));
}

function draw() {
  const { report } = data;
  let left = MOST_LINES;
  const finding = (it) => {
    const application = report.applications[it.application];
    const place = [application ? application.application.name : "", application?.cluster ?? "", it.origin ? placeOf(it.origin) : ""].filter(Boolean).join(" \u00b7 ");
    return h("li", {}, h("strong", {}, `${SEVERITIES[it.severity].sign} ${SEVERITIES[it.severity].word}`), " ", sentence(it.message), " ", h("span", { class: "quiet" }, `${place} (${it.rule})`));
  };
  const object = (application, it, number) => {
    const what = CHANGES[it.change];
    const text = knownDetails(application.number)?.texts[number];
    const rows = text && !it.noise && (text.before !== undefined || text.after !== undefined) ? rowsOf(text, new Set()) : [];
    const taken = rows.slice(0, Math.max(0, left));
    left -= taken.length;
    const line = (row) =>
      row.fold ? h("span", { class: "same" }, `  \u22ef ${row.fold} unchanged lines`) : h("span", { class: { "+": "added", "-": "removed", " ": "same" }[row.sign] }, `${row.sign === "-" ? "\u2212" : row.sign} `, row.text);
    return h(
      "section",
      {},
      h("h4", {}, `${what.sign} ${kindOf(it.object)} `, name(nameOf(it.object)), ` (${what.word})`),
      rows.length > 0 ? h("pre", {}, taken.map(line), taken.length < rows.length ? h("span", { class: "same" }, `${rows.length - taken.length} more lines`) : null) : null,
    );
  };
  fill(
    byId("printed"),
    h("h1", {}, report.fleet),
    h("p", {}, h("strong", {}, report.verdict), " \u00b7 ", report.headline),
    report.findings.length > 0 ? [h("h2", {}, "Findings"), h("ul", {}, report.findings.slice(0, 1000).map(finding))] : null,
    report.applications.filter((it) => it.failure).map((it) => [h("h3", {}, "! ", name(it.application.name), " failed"), lines(it.failure.message, "message")]),
    changed().length > 0 ? h("h2", {}, "Changes") : null,
    changed().map((application) => [
      h("h3", {}, name(application.application.name), application.cluster ? [" on ", name(application.cluster)] : null),
      application.objects.map((it, number) => (it.change ? object(application, it, number) : null)),
    ]),
  );
}
