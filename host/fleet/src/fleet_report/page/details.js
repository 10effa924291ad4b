// The selected object: what it is, what is found in it, and its YAML.

import { LINE, lineText } from "./code.js";
import { detailsOf } from "./data.js";
import { linesOf } from "./diff.js";
import { byId, button, fill, h, name } from "./dom.js";
import { findingList, findingsOf } from "./findings.js";
import { go, keyOf, onState, selected } from "./state.js";
import { count, signed } from "./text.js";
import { VirtualList } from "./virtual.js";
import { CHANGES, badge, kindOf, placeOf } from "./words.js";

/** How many changed fields are named. */
const FIELDS = 20;

let list = null;
let shown = "";

/** Lets the details follow the state. */
export function startDetails() {
  onState((now) => {
    const application = selected(now);
    const object = application?.objects.find((it) => keyOf(it.object) === now.object);
    const next = object ? `${application.number} ${now.object}` : "";
    if (next === shown) return;
    shown = next;
    list?.destroy();
    list = null;
    const aside = byId("details");
    aside.hidden = !object;
    document.body.classList.toggle("has-details", Boolean(object));
    if (object) show(aside, application, object, next);
  });
}

async function show(aside, application, object, wanted) {
  const { object: id } = object;
  const what = object.change ? CHANGES[object.change] : null;
  const text = h("div", { class: "yaml", tabindex: "0", role: "region", "aria-label": "YAML" });
  const fact = (label, value) => (value ? [h("dt", {}, label), h("dd", {}, value)] : []);
  const fields = object.fields ?? [];
  const findings = findingsOf(application, id);
  fill(
    aside,
    h(
      "div",
      { class: "details-head" },
      h("h2", {}, h("span", { class: "kind" }, kindOf(id)), " ", name(id.name)),
      button({ class: "close", "aria-label": "Close the object", onclick: () => go({ object: "", line: "" }) }, "\u00d7"),
    ),
    h(
      "div",
      { class: "facts" },
      what ? h("p", {}, badge(what)) : null,
      h(
        "dl",
        {},
        fact("API", name(object.apiVersion, "code")),
        fact("Namespace", id.namespace ? name(id.namespace, "code") : null),
        fact("Wave", what?.kind === "removed" ? null : h("span", {}, signed(object.wave), object.hook ? ", hook" : "")),
        fact("Source", object.origin ? name(placeOf(object.origin), "code") : null),
        fact("Was", object.renamedFrom ? name(object.renamedFrom, "code") : null),
        fact(object.change === "movedTo" ? "Moved to" : "Moved from", object.other ? name(object.other.name) : null),
      ),
      fields.length > 0
        ? h("details", { open: fields.length <= 6 }, h("summary", {}, `${count(fields.length, "field")} changed`), h("ul", { class: "plain tight" }, fields.slice(0, FIELDS).map((field) => h("li", {}, h("code", { dir: "auto" }, field))), fields.length > FIELDS ? h("li", { class: "quiet" }, `and ${fields.length - FIELDS} more`) : null))
        : null,
      findings.length > 0 ? findingList(findings, "object") : null,
    ),
    text,
  );
  const details = await detailsOf(application.number);
  if (shown !== wanted) return;
  const own = details.texts[application.objects.indexOf(object)];
  const all = linesOf(own.after ?? own.before ?? "");
  list = new VirtualList(text, (index) => line(all[index], index, wanted));
  list.reset(all.length, () => LINE);
  text.scrollTop = 0;
}

function line(text, index, wanted) {
  return h("div", { class: "code-line plain" }, h("span", { class: "number" }, String(index + 1)), lineText(text, undefined, `${wanted} ${index}`));
}
