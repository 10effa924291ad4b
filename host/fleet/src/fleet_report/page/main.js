// Opens the page.

import { startApplication } from "./application.js";
import { data, open } from "./data.js";
import { startDetails } from "./details.js";
import { byId, fill, h, name } from "./dom.js";
import { showNavigation, startKeyboard } from "./keyboard.js";
import { startMatrix } from "./matrix.js";
import { overview } from "./overview.js";
import { prepare, startPrint } from "./print.js";
import { follow, onState } from "./state.js";
import { startTheme } from "./theme.js";
import { startTree } from "./tree.js";
import { STATES } from "./words.js";

const VERDICTS = { same: "same", routine: "added", changed: "changed", caution: "changed", blocking: "failed", failed: "failed" };

function header() {
  const { report } = data;
  const commit = ({ name: called, reference }) => [h("code", { dir: "auto" }, called), reference ? [" (", name(reference), ")"] : null];
  fill(byId("fleet"), name(report.fleet.replace(/^\w+:\/\//, "").replace(/\.git$/, "") || "Fleet"));
  fill(byId("commits"), commit(report.head), report.change ? [" against ", commit(report.change.base)] : null, report.profile ? [" \u00b7 rendered like ", name(report.profile)] : null);
  const gravest = report.findings[0]?.severity;
  const ofFleet = gravest === "error" || report.applications.some((it) => it.state === "failed") ? "failed" : gravest === "warning" ? "changed" : "added";
  const kind = report.change ? VERDICTS[report.change.verdict] : ofFleet;
  const sign = { same: "=", added: "\u2713", changed: "~", failed: "!" }[kind];
  fill(byId("verdict"), h("span", { class: `badge ${kind}` }, h("span", { "aria-hidden": "true" }, sign), " ", report.verdict));
  fill(byId("headline"), report.headline);
  byId("header").classList.add(STATES[kind] ? kind : "same");
}

async function start() {
  startTheme();
  byId("skip").addEventListener("click", () => byId("main").focus());
  try {
    await open();
  } catch (error) {
    fill(byId("main"), h("p", { class: "note" }, "The data of this page cannot be read: the file is damaged, or the browser is too old. ", String(error.message ?? error)));
    return;
  }
  header();
  startMatrix();
  startTree();
  startApplication(overview);
  startDetails();
  startKeyboard();
  startPrint();
  byId("pane").addEventListener("click", () => showNavigation(!document.body.classList.contains("navigating")));
  onState((now, before) => {
    if (now.application !== before.application || now.cluster !== before.cluster) showNavigation(false);
  });
  follow();
  document.body.classList.add("ready");
  
  const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 200));
  idle(() => prepare());
}

start();
