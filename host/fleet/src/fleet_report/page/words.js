// What states, changes and severities are called, and the sign that goes with each colour.

import { h } from "./dom.js";

/** States of Applications: sign, word, and the class that colours them. */
export const STATES = {
  unchanged: { sign: "\u00b7", word: "unchanged", kind: "same" },
  changed: { sign: "~", word: "changed", kind: "changed" },
  added: { sign: "+", word: "added", kind: "added" },
  removed: { sign: "\u2212", word: "removed", kind: "removed" },
  failed: { sign: "!", word: "failed", kind: "failed" },
  external: { sign: "?", word: "not rendered", kind: "external" },
};

/** A state in words: of a fleet as it is, nothing is unchanged. */
export function stateOf(application, isChange) {
  const state = STATES[application.state];
  return !isChange && application.state === "unchanged" ? { ...state, word: "renders" } : state;
}

/** What happened to objects. */
export const CHANGES = {
  added: STATES.added,
  removed: STATES.removed,
  changed: STATES.changed,
  renamed: { sign: "~", word: "renamed", kind: "changed" },
  movedFrom: { sign: "~", word: "moved here", kind: "changed" },
  movedTo: { sign: "\u2212", word: "moved away", kind: "removed" },
};

/** Severities, the gravest first. */
export const SEVERITIES = {
  blocking: { sign: "!", word: "blocking", kind: "failed" },
  error: { sign: "!", word: "error", kind: "failed" },
  caution: { sign: "!", word: "caution", kind: "changed" },
  warning: { sign: "!", word: "warning", kind: "changed" },
  notice: { sign: "i", word: "notice", kind: "same" },
};

/** Phases of a sync, and what each waits for. */
export const PHASES = {
  PreSync: "before the sync: hooks",
  Sync: "",
  PostSync: "after the sync: hooks",
  SyncFail: "only after a sync that failed: hooks",
  PreDelete: "before the Application is deleted: hooks",
  PostDelete: "after the Application is deleted: hooks",
};

/** A sign in its colour. What it means is in the words beside it. */
export function sign({ sign: text, kind }) {
  return h("span", { class: `sign ${kind}`, "aria-hidden": "true" }, text);
}

/** A word in a box of its colour, with its sign. */
export function badge(what, text) {
  return h("span", { class: `badge ${what.kind}` }, h("span", { "aria-hidden": "true" }, what.sign), " ", text ?? what.word);
}

/** `+1 ~2 −3`, without what is 0. */
export function tally({ added, changed, removed }) {
  const parts = [
    [added, STATES.added],
    [changed, STATES.changed],
    [removed, STATES.removed],
  ];
  return h(
    "span",
    { class: "tally" },
    parts
      .filter(([number]) => number > 0)
      .map(([number, what]) => h("span", { class: what.kind }, `${what.sign}${number}`, h("span", { class: "unseen" }, ` ${what.word} `))),
  );
}

/** `kind` with its API group where the kind says too little. */
export function kindOf({ kind, group }) {
  return group && group.includes(".") && !group.endsWith(".k8s.io") ? `${kind}.${group}` : kind;
}

/** The name of an object with its namespace. */
export function nameOf({ namespace, name }) {
  return namespace ? `${namespace}/${name}` : name;
}

/** The place in a file. */
export function placeOf(origin) {
  return origin.line ? `${origin.file}:${origin.line}` : origin.file;
}
