import './oarlock.js';
export const descriptor = { name: 'bench', version: '0.1.0', stage: 'transformer', summary: 's', configSchema: { type: 'object' } };
export function render({ config, manifests }) {
  if (!config.touch) return manifests;
  for (const { object } of manifests) {
    object.metadata ??= {};
    object.metadata.labels = { ...object.metadata.labels, team: 'shop' };
  }
  return manifests;
}
