// The selected Application: what it is, and its tabs.

import { Changes } from "./changes.js";
import { data, detailsOf } from "./data.js";
import { byId, button, fill, h, lines, name, sentence } from "./dom.js";
import { findingList, findingsOf } from "./findings.js";
import { Objects } from "./objects.js";
import { OVERVIEW, TABS, go, onState, selected, state } from "./state.js";
import { secretsOf } from "./secrets.js";
import { waves } from "./waves.js";
import { STATES, badge, placeOf, stateOf, tally } from "./words.js";

let shown = null;
let view = null;

/** The tabs that an Application has, with how much is in each. */
export function tabsOf(application) {
  const changed = Changes.of(application).length;
  const all = {
    changes: ["Changes", changed],
    objects: ["Objects", application.objects.length],
    waves: ["Waves", application.steps.length],
    secrets: ["Secrets", application.secretCount + application.missingCount],
    findings: ["Findings", findingsOf(application).length],
  };
  return TABS.filter((tab) => tab !== "changes" || data.report.change).map((tab) => [tab, ...all[tab]]);
}

/** The tab that is open, or the first in which something is to be seen. */
export function tabOf(application, wanted) {
  const tabs = tabsOf(application);
  if (tabs.some(([tab]) => tab === wanted)) return wanted;
  return Changes.of(application).length > 0 ? "changes" : "objects";
}

/** Lets the Application follow the state. `overview` is shown while none is open. */
export function startApplication(overview) {
  onState((now, before) => {
    const application = selected(now);
    if (!application) {
      if (shown !== "overview") {
        close();
        shown = "overview";
        overview(byId("main"), now.application !== "");
      }
      return;
    }
    const tab = tabOf(application, now.tab);
    if (shown?.application === application && shown.tab === tab) {
      view?.follow?.(now, before);
      buttons(now);
      for (const chip of document.querySelectorAll(".chip[data-key]")) chip.setAttribute("aria-pressed", String(chip.dataset.key === now.object));
      return;
    }
    const isSame = shown?.application === application;
    close();
    shown = { application, tab };
    if (!isSame) head(application);
    mark(application, tab);
    panel(application, tab);
    buttons(now);
  });
}

function close() {
  view?.destroy?.();
  view = null;
}

/** The next change or object, or the one before. */
export function step(isForward) {
  return view?.step?.(isForward) ?? false;
}

function head(application) {
  const { application: key, cluster, failure } = application;
  const state = stateOf(application, Boolean(data.report.change));
  const facts = [
    cluster ? ["cluster ", name(cluster, "code")] : null,
    application.namespace ? ["namespace ", name(application.namespace, "code")] : null,
    application.project ? ["project ", name(application.project, "code")] : null,
    application.parent ? [`from ${application.parent.kind} `, name(application.parent.name, "code")] : null,
    ...application.sources.map((source) => (source.path ? [name(source.path, "code"), source.targetRevision ? [" at ", name(source.targetRevision, "code")] : []] : null)),
  ].filter(Boolean);
  const sides = { head: "The change breaks it.", both: "It fails before the change, too.", base: "It failed before the change, which fixes it." };
  fill(
    byId("main"),
    h(
      "div",
      { class: "application-head" },
      h("p", { class: "crumbs" }, button({ class: "link", onclick: () => go(OVERVIEW) }, "Overview"), " / ", name(application.environment || "\u2014")),
      h("h2", { id: "application-title" }, name(key.name), " ", badge(state), " ", tally(application.counts), application.routine ? h("span", { class: "badge same" }, "routine") : null),
      h("p", { class: "quiet facts-line" }, facts.map((fact, index) => [index > 0 ? " \u00b7 " : "", fact])),
      failure
        ? h("div", { class: "failure" }, failure.side ? h("p", {}, badge(STATES.failed), " ", sides[failure.side]) : null, lines(failure.message, "message"), failure.origin ? h("p", { class: "quiet place" }, placeOf(failure.origin)) : null)
        : null,
      application.external ? h("p", { class: "note" }, sentence(application.external)) : null,
      h("div", { class: "bar" }, h("div", { role: "tablist", class: "tabs", "aria-labelledby": "application-title", onkeydown: arrows }, tabsOf(application).map(tab)), h("div", { id: "view", class: "segmented", role: "group", "aria-label": "How changes are shown" })),
    ),
    h("div", { id: "panel", role: "tabpanel", tabindex: "0" }),
  );
}

function tab([key, label, number]) {
  return button({ role: "tab", id: `tab-${key}`, "aria-controls": "panel", "data-tab": key, onclick: () => go({ tab: key, line: "" }) }, label, h("span", { class: "number-of" }, ` ${number.toLocaleString("en")}`));
}

/** Arrows go from tab to tab. */
function arrows(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...event.currentTarget.querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  event.preventDefault();
  next.focus();
  next.click();
}

function mark(application, tab) {
  for (const element of document.querySelectorAll("[role=tab]")) {
    const isOpen = element.dataset.tab === tab;
    element.setAttribute("aria-selected", String(isOpen));
    element.tabIndex = isOpen ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${tab}`);
  document.title = `${application.application.name} \u00b7 Oarlock`;
}

/** Inline or side by side, where there are changes. */
function buttons(now) {
  const isThere = shown.tab === "changes" && Changes.of(shown.application).length > 0;
  const one = (view, label) => button({ "aria-pressed": String(now.view === view), onclick: () => go({ view }, true) }, label);
  fill(byId("view"), isThere ? [one("inline", "Inline"), one("split", "Side by side")] : []);
}

async function panel(application, tab) {
  const panel = byId("panel");
  panel.className = `panel-${tab}`;
  panel.replaceChildren();
  panel.scrollTop = 0;
  const isStill = () => shown?.application === application && shown.tab === tab;
  if (tab === "objects") {
    if (application.objects.length > 0) view = new Objects(panel, application);
    else fill(panel, h("p", { class: "note" }, "It renders to no objects."));
  } else if (tab === "waves") fill(panel, waves(application));
  else if (tab === "findings") {
    const found = findingsOf(application);
    fill(panel, found.length > 0 ? findingList(found, "application") : h("p", { class: "note" }, "Nothing calls for attention."));
  } else if (tab === "secrets") {
    const details = await detailsOf(application.number);
    if (isStill()) fill(panel, secretsOf(application, details));
  } else if (Changes.of(application).length === 0) {
    fill(panel, h("p", { class: "note" }, application.state === "unchanged" ? "It renders to the same as before." : "There is nothing to compare."));
  } else {
    const details = await detailsOf(application.number);
    if (isStill()) view = new Changes(panel, application, details);
  }
  panel.classList.toggle("coded", tab === "changes" && state().view !== undefined);
}
