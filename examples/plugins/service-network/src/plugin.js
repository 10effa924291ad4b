// Makes a NetworkPolicy for each Service, from a short file that says who may call whom.
//
//     # CALLER -> SERVICE[:PORT]
//     web -> api:http
//     api -> database
//     monitoring/* -> api:metrics
//
// A caller is a Service of the same render, `*` for every pod of the namespace, or `NAMESPACE/*`. A Service that nobody
// calls gets a policy that lets nobody in.

import { Failure, Failures, Manifest, readText } from './oarlock.js';

export const descriptor = {
  name: 'service-network',
  version: '0.1.0',
  stage: 'transformer',
  summary: 'Makes a NetworkPolicy for each Service from a short file',
  configSchema: {
    type: 'object',
    properties: {
      file: {
        type: 'string',
        description: 'The file, from the directory that is rendered.',
        default: 'network.txt',
      },
    },
    additionalProperties: false,
  },
};

/** From the manifests so far to those that go on. Each has an `object` and an `origin`. */
export function render({ config, directory, manifests }) {
  const name = config.file ?? 'network.txt';
  const path = directory === '.' ? name : `${directory}/${name}`;
  const text = readText(path);
  // A directory without the file has no rules, so it gets no policies.
  if (text === undefined) return manifests;
  const services = findServices(manifests);
  const failures = [];
  for (const rule of parse(text, path, failures)) {
    try {
      const service = services.get(rule.service);
      if (service === undefined) throw unknown(rule, `Service \`${rule.service}\``, services);
      service.ingress.push(ingress(rule, service, services));
      service.origin ??= rule.origin;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new Failures(failures);
  return [...manifests, ...[...services.values()].map(policy)];
}

/** The Services that select pods, by name. */
function findServices(manifests) {
  const services = new Map();
  for (const manifest of manifests) {
    // Most manifests are no Services: they are not even parsed.
    if (!manifest.json.includes('"Service"')) continue;
    const { kind, metadata, spec } = manifest.object;
    if (kind === 'Service' && spec?.selector) {
      services.set(metadata.name, { ...metadata, ...spec, ingress: [], origin: undefined });
    }
  }
  return services;
}

/** The rules of the file, each with its line. */
function parse(text, path, failures) {
  const rules = [];
  text.split('\n').forEach((line, index) => {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') return;
    const origin = { path, line: index + 1 };
    const match = /^([\w.*/-]+)\s*->\s*([\w.-]+)(?::([\w-]+))?$/.exec(content);
    if (match) {
      const [, caller, service, port] = match;
      rules.push({ caller, service, port, origin });
    } else {
      const hint = 'write `CALLER -> SERVICE` or `CALLER -> SERVICE:PORT`';
      failures.push(new Failure(`\`${content}\` is not a rule`, { origin, hint }));
    }
  });
  return rules;
}

/** A rule as a NetworkPolicy has it. */
function ingress({ caller, port, origin }, service, services) {
  const rule = { from: [peer(caller, services, origin)] };
  const ports = (service.ports ?? []).filter((one) => port === undefined || [one.name, `${one.port}`].includes(port));
  if (port !== undefined && ports.length === 0) {
    throw new Failure(`Service \`${service.name}\` has no port \`${port}\``, { origin });
  }
  // A policy sees the port of the pod, not that of the Service.
  rule.ports = ports.map(({ targetPort, port, protocol = 'TCP' }) => ({ port: targetPort ?? port, protocol }));
  return rule;
}

function peer(caller, services, origin) {
  if (caller === '*') return { podSelector: {} };
  const [namespace, rest] = caller.split('/');
  if (rest === '*') return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
  const service = services.get(caller);
  if (service === undefined) throw unknown({ origin }, `caller \`${caller}\``, services);
  return { podSelector: { matchLabels: service.selector } };
}

function unknown({ origin }, what, services) {
  const known = [...services.keys()].sort().map((name) => `\`${name}\``);
  const hint = known.length > 0 ? `Services that select pods: ${known.join(', ')}` : 'no Service selects pods';
  return new Failure(`unknown ${what}`, { origin, hint });
}

function policy({ name, namespace, selector, ingress, origin }) {
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, ...(namespace && { namespace }) },
    spec: { podSelector: { matchLabels: selector }, policyTypes: ['Ingress'], ingress },
  };
  return new Manifest(object, origin && { column: 0, ...origin });
}
