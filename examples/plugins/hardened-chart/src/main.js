// The exports of the contract, around plugin.js. You need not change this file.

import { panicked } from 'oarlock:plugin/report@0.1.3';
import { Failure, Failures, Manifest, toContract } from './oarlock.js';
import * as plugin from './plugin.js';

export function describe() {
  const { configSchema, ...rest } = plugin.descriptor;
  return { ...rest, configSchema: JSON.stringify(configSchema) };
}

export function detect(directory) {
  try {
    return answered(() => plugin.detect?.(directory) ?? false);
  } catch (failures) {
    // There is one reason at most, and a bug has none.
    throw failures[0] ?? { message: 'the plugin has a bug', notes: [] };
  }
}

export function render(request) {
  return answered(() => {
    const manifests = request.manifests.map(({ json, origin }) => Manifest.received(json, origin));
    const config = JSON.parse(request.config);
    return plugin.render({ ...request, config, manifests }).map(toContract);
  });
}

export function parameters(request) {
  return answered(() => plugin.parameters?.({ ...request, config: JSON.parse(request.config) }) ?? []);
}

/** Throws failures as the contract has them. Any other error is a bug: people see it with its place. */
function answered(run) {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure) throw [error.failure];
    if (error instanceof Failures) throw error.failures;
    panicked(error instanceof Error ? `${error}\n${error.stack.trimEnd()}` : `thrown: ${JSON.stringify(error)}`);
    throw [];
  }
}
