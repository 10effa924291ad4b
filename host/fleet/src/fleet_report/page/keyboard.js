// Keys for everything that is done often.

import { announce, byId } from "./dom.js";
import { step, tabsOf } from "./application.js";
import { OVERVIEW, go, opening, selected, state } from "./state.js";
import { switchTheme } from "./theme.js";
import { listed } from "./tree.js";

/** Listens for keys. */
export function startKeyboard() {
  byId("keys").addEventListener("click", help);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    const isTyping = event.target.closest("input, textarea, select") !== null;
    if (event.key === "Escape") {
      escape(isTyping);
      return;
    }
    if (isTyping) return;
    const act = actions[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

const actions = {
  j: () => step(true),
  k: () => step(false),
  n: () => neighbour(true),
  p: () => neighbour(false),
  o: () => go(OVERVIEW),
  t: switchTheme,
  u: () => go({ view: state().view === "split" ? "inline" : "split" }, true),
  "/": () => {
    showNavigation(true);
    byId("filter").focus();
    byId("filter").select();
  },
  "?": help,
  1: () => openTab(0),
  2: () => openTab(1),
  3: () => openTab(2),
  4: () => openTab(3),
  5: () => openTab(4),
};

function help() {
  byId("help").showModal();
}

function escape(isTyping) {
  if (isTyping) {
    if (state().search !== "") {
      byId("filter").value = "";
      go({ search: "" }, true);
    }
    byId("filter").blur();
  } else if (document.body.classList.contains("navigating")) showNavigation(false);
  else if (state().object !== "") go({ object: "", line: "" });
}

function neighbour(isForward) {
  const list = listed();
  const at = list.indexOf(selected());
  const next = at < 0 ? (isForward ? 0 : list.length - 1) : at + (isForward ? 1 : -1);
  if (!list[next]) {
    announce(isForward ? "This is the last Application" : "This is the first Application");
    return;
  }
  go(opening(list[next]));
  announce(list[next].application.name);
}

function openTab(number) {
  const application = selected();
  const tab = application && tabsOf(application)[number];
  if (tab) go({ tab: tab[0], line: "" });
}

/** On small screens: the list of Applications instead of what is open. */
export function showNavigation(isShown) {
  document.body.classList.toggle("navigating", isShown);
  byId("pane").setAttribute("aria-expanded", String(isShown));
}
