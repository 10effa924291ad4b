// Writes the label `team` into every manifest.

import { Failure, inConfig } from './oarlock.js';

export const descriptor = {
  name: '{{name}}',
  version: '0.1.0',
  stage: 'transformer',
  summary: 'Writes the owning team into every manifest',
  configSchema: {
    type: 'object',
    properties: { team: { type: 'string', description: 'The team that owns the manifests.' } },
    required: ['team'],
    additionalProperties: false,
  },
};

/** From the manifests so far to those that go on. Each has an `object` and an `origin`. */
export function render({ config, manifests }) {
  const { team } = config;
  if (typeof team !== 'string' || !/^[A-Za-z0-9._-]{1,63}$/.test(team)) {
    throw new Failure(`\`${team}\` cannot be the value of a label`, {
      origin: inConfig('team'),
      hint: 'use at most 63 letters, digits, `-`, `_` and `.`',
    });
  }
  for (const { object } of manifests) {
    object.metadata ??= {};
    object.metadata.labels = { ...object.metadata.labels, team };
  }
  return manifests;
}
