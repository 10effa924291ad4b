// Elements. Everything that is put into one is text: there is no way from here to markup.

import { visible } from "./text.js";

/** The element of the page with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Makes an element. `props` are attributes; those that begin with `on` are listeners; `null`,
 * `undefined` and `false` are left out. Children are elements, texts, lists of them, or nothing.
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : visible(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
}

/** A button. */
export function button(props, ...children) {
  return h("button", { type: "button", ...props }, ...children);
}

/** A name from the repository: what it is made of turns nothing around it. */
export function name(text, kind) {
  return h("bdi", { class: kind ?? "name" }, text);
}

/** A sentence of Oarlock's, in which names stand in backticks. */
export function sentence(text) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? h("code", { dir: "auto" }, part) : part));
}

/** A text of several lines. */
export function lines(text, kind) {
  return h("pre", { class: kind }, text.split("\n").flatMap((line, index) => (index > 0 ? [h("br"), line] : [line])));
}

/** Takes the place of everything in an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Says something to those who do not see the page change. */
export function announce(text) {
  byId("status").textContent = visible(text);
}

/** The first so many of a list, and a button that shows more of them. */
export function partly(list, most, make, noun) {
  const parent = document.createDocumentFragment();
  const show = (from, anchor) => {
    const end = Math.min(from + most, list.length);
    const more = document.createDocumentFragment();
    for (let index = from; index < end; index += 1) more.append(make(list[index], index));
    if (end < list.length) {
      const rest = button({ class: "more", onclick: () => show(end, rest) }, `Show more: ${(list.length - end).toLocaleString("en")} ${noun}`);
      more.append(rest);
    }
    if (anchor) anchor.replaceWith(more);
    else parent.append(more);
  };
  show(0, null);
  return parent;
}
