// The waves of an Application as a timeline: one lane a wave, hooks apart.

import { button, h, name, partly } from "./dom.js";
import { go, keyOf, state } from "./state.js";
import { count, signed } from "./text.js";
import { CHANGES, PHASES, kindOf, nameOf, sign } from "./words.js";

/** How many objects of a wave are shown at first. */
const FIRST = 60;

/** Draws the timeline. */
export function waves(application) {
  const parent = application.parent;
  const from = parent
    ? h("p", { class: "quiet" }, "This Application is itself applied in wave ", h("strong", {}, signed(application.wave)), ` of ${parent.kind} `, name(parent.name), ".")
    : h("p", { class: "quiet" }, "This Application is applied by hand.");
  const phases = new Map();
  for (const step of application.steps) {
    if (!phases.has(step.phase)) phases.set(step.phase, []);
    phases.get(step.phase).push(step);
  }
  const lanes = [...phases].map(([phase, steps]) =>
    h(
      "section",
      { class: `phase ${phase === "Sync" ? "sync" : "hooks"}` },
      h("h3", {}, phase, h("span", { class: "quiet" }, ` ${PHASES[phase]}`)),
      h("ol", { class: "lanes" }, steps.map((step, index) => lane(application, step, before(application, phases, phase, index)))),
    ),
  );
  return h("div", { class: "waves" }, from, lanes.length > 0 ? lanes : h("p", { class: "note" }, "There is nothing to apply."));
}

/** What has to be healthy before a step begins. */
function before(application, phases, phase, index) {
  const steps = phases.get(phase);
  if (index > 0) return `begins when wave ${signed(steps[index - 1].wave)} is healthy`;
  if (phase === "Sync" && phases.has("PreSync")) return "begins when the hooks before the sync have succeeded";
  if (phase === "PostSync") return "begins when everything above is healthy";
  if (phase === "SyncFail" || phase === "PreDelete" || phase === "PostDelete") return "apart from the sync";
  return "begins at once";
}

function lane(application, step, waits) {
  const item = (number) => {
    const object = application.objects[number];
    const key = keyOf(object.object);
    const what = object.change ? CHANGES[object.change] : null;
    return h(
      "li",
      {},
      button(
        { class: `chip${what ? ` ${what.kind}` : ""}`, "aria-pressed": String(state().object === key), "data-key": key, title: nameOf(object.object), onclick: () => go({ object: key, line: "" }) },
        what ? sign(what) : null,
        h("span", { class: "kind" }, kindOf(object.object)),
        " ",
        name(object.object.name),
      ),
    );
  };
  return h(
    "li",
    { class: "lane" },
    h("div", { class: "wave-head" }, h("strong", {}, `Wave ${signed(step.wave)}`), h("span", { class: "quiet" }, ` ${count(step.objects.length, "object")} \u00b7 ${waits}`)),
    h("ul", { class: "chips" }, partly(step.objects, FIRST, item, "objects")),
  );
}
