// Findings, the gravest first, those of one rule together.

import { button, h, name, partly, sentence } from "./dom.js";
import { data } from "./data.js";
import { go, keyOf, opening } from "./state.js";
import { count } from "./text.js";
import { SEVERITIES, badge, kindOf, nameOf, placeOf } from "./words.js";

/** How many findings are shown at first. */
const FIRST = 50;

/** Up to so many findings of a rule are shown without being asked for. */
const FEW = 5;

/** The findings of an Application, or of one of its objects. */
export function findingsOf(application, object) {
  const key = object && keyOf(object);
  return data.report.findings.filter(
    (finding) => finding.application === application.number && (!key || (finding.object && keyOf(finding.object) === key)),
  );
}

/** A list of findings by rule. `scope` says what a reader knows already: `fleet`, `application` or `object`. */
export function findingList(findings, scope) {
  const groups = new Map();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.rule}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(finding);
  }
  return h("div", { class: "findings" }, [...groups.values()].map((group) => rule(group, scope)));
}

function rule(group, scope) {
  const { severity, rule: called } = group[0];
  const what = SEVERITIES[severity];
  const list = () => h("ul", { class: "plain" }, partly(group, FIRST, (finding) => item(finding, scope), "findings"));
  const title = [badge(what), " ", h("span", { class: "rule" }, called)];
  if (group.length <= FEW) return h("section", { class: `rule-of ${what.kind}` }, h("h3", {}, title), list());
  const details = h(
    "details",
    { class: `rule-of ${what.kind}` },
    h("summary", {}, title, " ", h("span", { class: "quiet" }, count(group.length, "finding"))),
  );
  details.addEventListener("toggle", () => details.append(list()), { once: true });
  return details;
}

function item(finding, scope) {
  const application = data.report.applications[finding.application];
  const link = () =>
    button(
      { class: "link", onclick: () => go(opening(application, finding.object ? { tab: "", object: keyOf(finding.object) } : { tab: "findings" })) },
      name(application.application.name),
      application.cluster ? [" on ", name(application.cluster)] : [],
    );
  const place = [
    scope === "fleet" && application ? link() : null,
    scope !== "object" && finding.object ? h("span", {}, kindOf(finding.object), " ", name(nameOf(finding.object))) : null,
    finding.path ? h("code", { dir: "auto" }, finding.path) : null,
    finding.origin ? h("span", { class: "place" }, placeOf(finding.origin)) : null,
  ].filter(Boolean);
  return h(
    "li",
    {},
    h("p", {}, sentence(finding.message)),
    finding.hint ? h("p", { class: "quiet" }, sentence(finding.hint)) : null,
    place.length > 0 ? h("p", { class: "quiet where" }, place.map((part, index) => (index > 0 ? [" \u00b7 ", part] : part))) : null,
  );
}
