// The Secrets of an Application: where they come from, who reads them, which are missing.

import { button, h, name, partly } from "./dom.js";
import { data } from "./data.js";
import { go, keyOf, opening } from "./state.js";
import { STATES, badge, kindOf, nameOf, placeOf } from "./words.js";

/** How many are shown at first. */
const FIRST = 100;

/** Draws the Secrets. */
export function secretsOf(application, details) {
  const { secrets, missing } = details;
  if (secrets.length + missing.length === 0) return h("p", { class: "note" }, "Its workloads read no Secrets from Vault, and none is missing.");
  return h(
    "div",
    { class: "secrets" },
    missing.length > 0
      ? h("section", { class: "missing" }, h("h3", {}, badge(STATES.failed, "missing"), " Nothing in the fleet provides these"), h("ul", { class: "plain" }, partly(missing, FIRST, (one) => h("li", {}, h("p", {}, name(nameOf(one.secret), "code")), consumers(one.consumers, application)), "Secrets")))
      : null,
    secrets.length > 0
      ? h(
          "div",
          { class: "wide" },
          h(
            "table",
            { class: "list" },
            h("thead", {}, h("tr", {}, ["Mount", "Path", "Keys", "Destination", "Consumers"].map((title) => h("th", { scope: "col" }, title)))),
            h("tbody", {}, partly(secrets, FIRST, (secret) => row(secret, application), "Secrets")),
          ),
        )
      : null,
  );
}

function row(secret, application) {
  return h(
    "tr",
    {},
    h("td", {}, name(secret.mount, "code")),
    h("td", {}, name(secret.path, "code")),
    h("td", {}, secret.keys.length > 0 ? secret.keys.map((key, index) => [index > 0 ? ", " : "", name(key, "code")]) : h("span", { class: "quiet" }, "all")),
    h("td", {}, objectLink(secret, application, name(nameOf(secret.destination), "code")), secret.origin ? h("div", { class: "quiet place" }, placeOf(secret.origin)) : null),
    h("td", {}, secret.consumers.length > 0 ? consumers(secret.consumers, application) : h("span", { class: "quiet" }, "no workload reads it")),
  );
}

function consumers(list, application) {
  const item = (consumer) =>
    h(
      "li",
      {},
      objectLink(consumer, application, [h("span", { class: "kind" }, kindOf(consumer.object)), " ", name(nameOf(consumer.object))]),
      consumer.keys.length > 0 ? [": ", consumer.keys.map((key, index) => [index > 0 ? ", " : "", name(key, "code")])] : null,
      consumer.application.name === application.application.name ? null : h("span", { class: "quiet" }, " of ", name(consumer.application.name)),
    );
  return h("ul", { class: "plain tight" }, partly(list, FIRST, item, "workloads"));
}

function objectLink({ object, application: owner }, application, content) {
  const open = () => {
    const key = keyOf(object);
    const is = (it) => it.environment === application.environment && it.application.name === owner.name && it.application.cluster === owner.cluster;
    const other = data.report.applications.find(is) ?? application;
    go(other === application ? { object: key, line: "" } : opening(other, { tab: "objects", object: key }));
  };
  return button({ class: "link", onclick: open }, content);
}
