// What a plugin may ask of the host, in the ways of JavaScript. You need not change this file.

import { render as hostCompose } from 'oarlock:plugin/compose@0.1.3';
import { log as hostLog, warn as hostWarn } from 'oarlock:plugin/report@0.1.3';
import * as source from 'oarlock:plugin/source@0.1.3';

/**
 * A Kubernetes object, and where it is written.
 *
 * A received manifest is parsed when its `object` is first read. If it never is, the manifest is passed on as it came:
 * test `json` first, as `manifest.json.includes('"Deployment"')`, where most manifests don't concern you.
 */
export class Manifest {
  #object;

  /** One that the plugin makes. `origin` is the file that it comes from, if there is one. */
  constructor(object, origin) {
    this.#object = object;
    this.origin = origin;
  }

  static received(json, origin) {
    const manifest = new Manifest(undefined, origin);
    manifest.json = json;
    return manifest;
  }

  get object() {
    this.#object ??= JSON.parse(this.json);
    return this.#object;
  }

  set object(object) {
    this.#object = object;
  }

  get isRead() {
    return this.#object !== undefined;
  }
}

/** A manifest as the contract has it; `{object, origin}` will do. */
export function toContract(manifest) {
  const isUnread = manifest instanceof Manifest && !manifest.isRead;
  return { json: isUnread ? manifest.json : JSON.stringify(manifest.object), origin: manifest.origin };
}

/**
 * Lets another plugin render, in its own sandbox over the same tree, and returns its manifests. Takes the request to
 * answer: `compose('helm', { ...request, directory: 'charts/web', config: { releaseName: 'web' }, manifests: [] })`.
 */
export function compose(plugin, { directory, application, config = {}, manifests = [] }) {
  const request = { directory, application, config: JSON.stringify(config), manifests: manifests.map(toContract) };
  try {
    return hostCompose(plugin, request).map(({ json, origin }) => Manifest.received(json, origin));
  } catch (error) {
    if (Array.isArray(error.payload)) throw Failures.of(error.payload);
    throw error;
  }
}

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

  /** Those of another plugin. */
  static of(failures) {
    const all = new Failures([]);
    all.failures = failures;
    return all;
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
