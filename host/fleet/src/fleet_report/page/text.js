// Text from the repository, so that every character of it is seen.

// What moves the cursor, turns the direction of writing, breaks a line or takes no room.
const UNSEEN = /[\p{Cc}\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const ESCAPES = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** The text as one line in which every character is seen. */
export function visible(text) {
  return String(text).replace(UNSEEN, (one) => ESCAPES[one] ?? `\\u{${one.codePointAt(0).toString(16)}}`);
}

/** `1 object`, `2 objects`, `1,200 objects`. */
export function count(number, noun) {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A number with its thousands apart. */
export function grouped(number) {
  return number.toLocaleString("en");
}

/** A wave with a minus that is as wide as a plus. */
export function signed(number) {
  return number < 0 ? `\u2212${-number}` : String(number);
}
