// The whole at a glance: what calls for attention, what failed, images and charts, what changed.

import { data } from "./data.js";
import { button, fill, h, lines, name, partly, sentence } from "./dom.js";
import { findingList } from "./findings.js";
import { byPlace } from "./matrix.js";
import { go, opening } from "./state.js";
import { count } from "./text.js";
import { STATES, badge, placeOf, sign, stateOf, tally } from "./words.js";

/** How many rows are shown at first. */
const FIRST = 100;

/** Draws the overview. `isLost` if the address names an Application that is not there. */
export function overview(main, isLost) {
  const { report } = data;
  document.title = `${report.fleet || "Fleet"} \u00b7 Oarlock`;
  const failed = report.applications.filter((it) => it.state === "failed");
  const external = report.applications.filter((it) => it.state === "external");
  const changed = report.applications.filter((it) => ["changed", "added", "removed"].includes(it.state));
  const problems = report.environments.flatMap((it) => it.problems.map((message) => [it, message]));
  // Applications that fail have a section of their own.
  const graves = report.findings.filter((it) => it.severity !== "notice" && it.rule !== "render-failed");
  const notices = report.findings.filter((it) => it.severity === "notice");
  fill(
    main,
    h(
      "div",
      { class: "overview", id: "overview", tabindex: "0" },
      isLost ? h("p", { class: "note warn" }, badge(STATES.changed, "not found"), " The address names an Application that is not in this report.") : null,
      section("Failures", problems.length + failed.length, () => [
        problems.map(([environment, message]) => h("div", { class: "failure" }, h("p", {}, badge(STATES.failed), " environment ", name(environment.name)), lines(message, "message"))),
        h("ul", { class: "plain" }, partly(failed, FIRST, failure, "Applications")),
      ]),
      section("Needs attention", graves.length, () => findingList(graves, "fleet")),
      report.change ? versions(report.change) : null,
      report.change ? section("What changes", changed.length, () => table(changed)) : null,
      report.change && changed.length + failed.length === 0 ? h("p", { class: "note" }, "Every Application renders to the same before and after the change.") : null,
      section("Environments", report.environments.length, environments),
      section("Notices", notices.length, () => findingList(notices, "fleet")),
      section("Not rendered", external.length, () => h("ul", { class: "plain" }, partly(external, FIRST, (it) => h("li", {}, link(it), h("p", { class: "quiet" }, sentence(it.external ?? ""))), "Applications"))),
    ),
  );
}

function section(title, number, make) {
  if (number === 0) return null;
  return h("section", { class: "block" }, h("h2", {}, title, h("span", { class: "number-of" }, ` ${number.toLocaleString("en")}`)), make());
}

function link(application) {
  const { application: { name: called }, cluster } = application;
  return button({ class: "link", onclick: () => go(opening(application)) }, name(called), cluster ? [h("span", { class: "quiet" }, " on "), name(cluster)] : null);
}

function failure(application) {
  const { failure: why } = application;
  return h("li", { class: "failure" }, h("p", {}, badge(STATES.failed), " ", link(application), why?.side === "both" ? h("span", { class: "quiet" }, " also before the change") : null), lines(why?.message ?? "", "message"), why?.origin ? h("p", { class: "quiet place" }, placeOf(why.origin)) : null);
}

function table(applications) {
  const row = (application) =>
    h(
      "tr",
      {},
      h("td", {}, sign(STATES[application.state]), " ", button({ class: "link", onclick: () => go(opening(application)) }, name(application.application.name))),
      h("td", {}, name(application.environment)),
      h("td", {}, name(application.cluster)),
      h("td", {}, tally(application.counts)),
      h("td", {}, stateOf(application, true).word, application.routine ? h("span", { class: "quiet" }, ", routine") : null),
    );
  return h(
    "div",
    { class: "wide" },
    h(
      "table",
      { class: "list" },
      h("thead", {}, h("tr", {}, ["Application", "Environment", "Cluster", "Objects", "What"].map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, partly(applications, FIRST, row, "Applications")),
    ),
  );
}

function versions({ images, charts }) {
  const all = [...charts.map((it) => ["chart", it]), ...images.map((it) => ["image", it])];
  const cell = (version) => h("td", {}, version ? name(version, "code") : h("span", { class: "quiet" }, "\u2014"));
  const row = ([kind, it]) => h("tr", {}, h("td", { class: "quiet" }, kind), h("td", {}, name(it.name, "code")), cell(it.from), cell(it.to), h("td", { class: "amount" }, it.applications.toLocaleString("en")));
  return section("Images and charts", all.length, () =>
    h(
      "div",
      { class: "wide" },
      h("table", { class: "list" }, h("thead", {}, h("tr", {}, ["", "Name", "From", "To", "Applications"].map((title) => h("th", { scope: "col" }, title)))), h("tbody", {}, partly(all, FIRST, row, "versions"))),
    ),
  );
}

function environments() {
  const places = byPlace(data.report.applications);
  const row = ({ name: called, root }) => {
    const clusters = places.get(called) ?? new Map();
    const applications = [...clusters.values()].flat();
    const objects = applications.reduce((sum, it) => sum + it.objects.length, 0);
    const bad = applications.filter((it) => it.state === "failed").length;
    const missing = applications.reduce((sum, it) => sum + it.missingCount, 0);
    return h(
      "tr",
      {},
      h("td", {}, name(called)),
      h("td", {}, name(root, "code")),
      h("td", { class: "amount" }, clusters.size.toLocaleString("en")),
      h("td", { class: "amount" }, applications.length.toLocaleString("en")),
      h("td", { class: "amount" }, objects.toLocaleString("en")),
      h("td", {}, bad > 0 ? badge(STATES.failed, `${bad} failed`) : null, " ", missing > 0 ? badge(STATES.failed, `${count(missing, "missing Secret")}`) : null),
    );
  };
  return h(
    "div",
    { class: "wide" },
    h("table", { class: "list" }, h("thead", {}, h("tr", {}, ["Environment", "Root", "Clusters", "Applications", "Objects", ""].map((title) => h("th", { scope: "col" }, title)))), h("tbody", {}, data.report.environments.map(row))),
  );
}
