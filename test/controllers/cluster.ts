import type { KubeObject, Node, Pod, Service } from '../../src/api/index.ts';

/** A Node that kubelets would call ready. */
export function node(name: string, fields: Partial<Omit<Node, 'kind'>> = {}): KubeObject {
  const { metadata, spec, status } = fields;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      ...metadata,
      name,
      labels: { 'kubernetes.io/hostname': name, ...metadata?.labels },
    },
    ...(spec !== undefined && { spec }),
    ...(status !== undefined && { status }),
  };
}

/** A Pod of one container. */
export function pod(
  name: string,
  spec: Partial<Pod['spec']> = {},
  metadata: Partial<Pod['metadata']> = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', ...metadata, name },
    spec: { containers: [{ name: 'main', image: 'web' }], ...spec },
  };
}

/** A Service of one port. */
export function service(name: string, spec: Partial<Service['spec']> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name },
    spec: { ports: [{ port: 80 }], ...spec },
  };
}
