// Light, dark, or as the system is.

import { announce, byId, fill, h } from "./dom.js";

const THEMES = ["system", "light", "dark"];
const KEY = "oarlock-theme";

function remembered() {
  // A page from disk may have no storage.
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function wear(theme) {
  document.documentElement.dataset.theme = theme;
  fill(byId("theme"), h("span", { "aria-hidden": "true" }, "\u25d0"), h("span", { class: "unseen" }, "Theme: "), h("span", { class: "wide-only" }, ` ${theme}`));
}

/** The next theme. */
export function switchTheme() {
  const now = THEMES.indexOf(document.documentElement.dataset.theme);
  const next = THEMES[(now + 1) % THEMES.length];
  wear(next);
  announce(`Theme: ${next}`);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // It is for this visit alone.
  }
}

/** Puts on what was chosen last. */
export function startTheme() {
  const last = remembered();
  wear(THEMES.includes(last) ? last : "system");
  byId("theme").addEventListener("click", switchTheme);
}
