// Where the reader is. All of it stands in the fragment of the address, so that it can be linked.

import { data } from "./data.js";

/** The tabs of an Application. */
export const TABS = ["changes", "objects", "waves", "secrets", "findings"];

const DEFAULTS = { environment: "", cluster: "", application: "", tab: "", object: "", line: "", view: "inline", search: "", show: "" };

let current = { ...DEFAULTS };
const listeners = [];

/** The state as it is. */
export function state() {
  return current;
}

/** Calls a function with the new state and the one before when it changes. */
export function onState(listener) {
  listeners.push(listener);
}

/** Reads the address. */
export function parse(fragment) {
  const known = new URLSearchParams(fragment.replace(/^#/, ""));
  const parsed = { ...DEFAULTS };
  for (const key of Object.keys(DEFAULTS)) parsed[key] = known.get(key) ?? DEFAULTS[key];
  if (parsed.view !== "split") parsed.view = "inline";
  if (!TABS.includes(parsed.tab)) parsed.tab = "";
  return parsed;
}

/** The address of a state. */
export function address(wanted) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(wanted)) if (value !== DEFAULTS[key]) query.set(key, value);
  return `#${query}`;
}

/** Goes to a state: what is given changes, the rest stays. A step in the history unless it replaces the last one. */
export function go(change, replaces = false) {
  const wanted = { ...current, ...change };
  const fragment = address(wanted);
  if (fragment === (location.hash || "#")) {
    apply(wanted);
    return;
  }
  try {
    if (replaces) history.replaceState(null, "", fragment);
    else history.pushState(null, "", fragment);
  } catch {
    location.hash = fragment;
  }
  apply(wanted);
}

/** The change of state that opens an Application. */
export function opening(application, more = {}) {
  return {
    environment: application.environment,
    cluster: application.application.cluster,
    application: application.application.name,
    object: "",
    line: "",
    ...more,
  };
}

/** The change of state that opens the overview. */
export const OVERVIEW = { environment: "", cluster: "", application: "", tab: "", object: "", line: "" };

/** The Application that a state names. */
export function selected(wanted = current) {
  if (wanted.application === "") return null;
  const is = (it) =>
    it.application.name === wanted.application && it.environment === wanted.environment && it.application.cluster === wanted.cluster;
  return data.report.applications.find(is) ?? null;
}

/** What an object is called in the address. */
export function keyOf({ group, kind, namespace, name }) {
  return [group ? `${kind}.${group}` : kind, namespace ?? "", name].join("/");
}

function apply(wanted) {
  const before = current;
  current = wanted;
  for (const listener of listeners) listener(current, before);
}

/** Follows the address from now on. */
export function follow() {
  const take = () => apply(parse(location.hash));
  addEventListener("popstate", take);
  addEventListener("hashchange", () => {
    if (address(current) !== (location.hash || "#")) take();
  });
  take();
}
