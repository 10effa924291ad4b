// Makes a ConfigMap of the file `settings.json`.

import { Failure, Failures, exists, readText } from './oarlock.js';

export const descriptor = {
  name: '{{name}}',
  version: '0.1.0',
  stage: 'generator',
  summary: 'Makes a ConfigMap of settings.json',
  configSchema: {
    type: 'object',
    properties: { name: { type: 'string', description: 'The name of the ConfigMap.', default: 'settings' } },
    additionalProperties: false,
  },
};

const fileOf = (directory) => (directory === '.' ? 'settings.json' : `${directory}/settings.json`);

/** Whether a directory is one that this plugin renders. */
export function detect(directory) {
  return exists(fileOf(directory));
}

/** The manifests of a directory. Each is `{object, origin}`. */
export function render({ directory, config }) {
  const origin = { path: fileOf(directory), line: 0, column: 0 };
  const text = readText(origin.path);
  if (text === undefined) throw new Failure('there is no such file', { origin });
  let data;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Failure(`not a JSON object: ${error.message}`, { origin });
  }
  const wrong = Object.entries(data)
    .filter(([, value]) => typeof value !== 'string')
    .map(([key]) => new Failure(`\`${key}\` is not text`, { origin, hint: 'put it in quotes' }));
  if (wrong.length > 0) throw new Failures(wrong);
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: config.name ?? 'settings' },
    data,
  };
  return [{ object, origin }];
}
