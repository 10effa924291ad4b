// What a plugin may ask of the host, in the ways of JavaScript. You need not change this file.

import { log as hostLog, warn as hostWarn } from 'oarlock:plugin/report@0.1.3';
import * as source from 'oarlock:plugin/source@0.1.3';

/** A reason why the plugin cannot do its work, for the person who has to fix it. Throw it. */
export class Failure extends Error {
  /**
   * @param {string} message what is wrong: lower case, no full stop, names in backticks
   * @param {{hint?: string, origin?: {path: string, line?: number, column?: number}, notes?: string[]}} more
   */
  constructor(message, more = {}) {
    super(message);
    this.failure = failure(message, more);
  }
}

/** Several of them, so that one run shows all mistakes. */
export class Failures extends Error {
  /** @param {Failure[]} failures at least one */
  constructor(failures) {
    super(failures.map(({ message }) => message).join('; '));
    this.failures = failures.map((one) => one.failure);
  }
}

function failure(message, { hint, origin, notes = [] }) {
  return { message, hint, origin: origin && { line: 0, column: 0, ...origin }, notes };
}

/** Where a field of the plugin's configuration is written, as `inConfig('rules', '0')`. */
export function inConfig(...keys) {
  const escaped = keys.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1'));
  return { path: '/' + escaped.join('/') };
}

/** The text of a file of the repository; `undefined` if it is not there. */
export function readText(path) {
  const bytes = asked(path, () => source.read(path));
  return bytes === undefined ? undefined : decode(bytes);
}

/** Whether there is a file or directory. */
export function exists(path) {
  return asked(path, () => source.stat(path)) !== undefined;
}

/** The names in a directory, sorted; `undefined` if it is not there. */
export function list(path) {
  return asked(path, () => source.list(path))?.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function asked(path, question) {
  try {
    return question();
  } catch (error) {
    const { tag, val } = error.payload ?? {};
    if (tag === 'not-found') return undefined;
    if (tag === 'wrong-kind') throw new Failure(`\`${path}\` is a ${val}`);
    if (tag === 'refused' || tag === 'failed') throw new Failure(val);
    throw error;
  }
}

/** Tells the user of something that does not stop the render. */
export function warn(message, more = {}) {
  hostWarn(failure(message, more));
}

/** Writes a line to the log, which `oarlock render -v` shows. */
export function log(...values) {
  hostLog('info', values.map(show).join(' '));
}

function show(value) {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value}\n${value.stack}`;
  return JSON.stringify(value) ?? String(value);
}

// QuickJS has no console.
globalThis.console = { log, debug: log, info: log, warn: log, error: log };

/** UTF-8 as text: QuickJS has no TextDecoder. */
function decode(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at++];
    if (first < 0x80) {
      text += String.fromCharCode(first);
      continue;
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let point = first & (0x3f >> more);
    for (let left = more; left > 0; left--) point = (point << 6) | (bytes[at++] & 0x3f);
    text += point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
  }
  return text;
}
