// Lets the helm plugin render a chart, and works on the result: containers run without privileges, tests of the chart
// are left out.

import { compose, exists } from './oarlock.js';

export const descriptor = {
  name: 'hardened-chart',
  version: '0.1.0',
  stage: 'generator',
  summary: 'Renders a Helm chart whose containers run without privileges',
  configSchema: {
    type: 'object',
    properties: {
      helm: {
        type: 'object',
        description: 'Configuration of the helm plugin, as `valueFiles`.',
        default: {},
      },
    },
    additionalProperties: false,
  },
};

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'];

/** What a container gets where the chart does not set it. */
const HARDENED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
};

/** Whether a directory is one that this plugin renders. */
export function detect(directory) {
  return exists(directory === '.' ? 'Chart.yaml' : `${directory}/Chart.yaml`);
}

/** The manifests of a directory. Each has an `object` and an `origin`. */
export function render({ config, ...request }) {
  // `request` has the directory and the Application. A mistake in the chart is thrown as helm reports it.
  const manifests = compose('helm', { ...request, config: { skipTests: true, ...config.helm }, manifests: [] });
  for (const manifest of manifests) {
    if (!WORKLOADS.some((kind) => manifest.json.includes(`"${kind}"`))) continue;
    const { kind, spec } = manifest.object;
    const pod = WORKLOADS.includes(kind) ? spec?.template?.spec : undefined;
    for (const container of [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]) {
      container.securityContext = { ...HARDENED, ...container.securityContext };
    }
  }
  return manifests;
}
