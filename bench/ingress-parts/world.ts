/** What every party is configured with: `hosts` hosts of ten paths each, one backend. */
import type { KubeObject, Store } from '../../src/index.ts';

export const PATHS_PER_HOST = 10;

export interface World {
  readonly backendPort: number;
  readonly hosts: number;
  readonly certificate?: string;
  readonly key?: string;
}

export function hostName(index: number): string {
  return `host-${index}.bench.example`;
}

export function pathName(index: number): string {
  return `/path-${index}`;
}

/** Puts the Service, its endpoint and one Ingress for each host into a cluster. */
export function applyWorld(store: Store, { backendPort, hosts, certificate, key }: World): void {
  const objects: object[] = [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { ports: [{ name: 'http', port: 80 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'web-1',
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': 'web' },
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: backendPort, protocol: 'TCP' }],
      // The host itself.
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
    },
    ...(certificate === undefined || key === undefined
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'tls', namespace: 'default' },
            type: 'kubernetes.io/tls',
            data: { 'tls.crt': base64(certificate), 'tls.key': base64(key) },
          },
        ]),
    ...Array.from({ length: hosts }, (_, index) => ingressOf(index, certificate !== undefined)),
  ];
  for (const object of objects) store.create(object as KubeObject); // written as the API has it
}

function ingressOf(index: number, hasTls: boolean): object {
  const host = hostName(index);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: `host-${index}`, namespace: 'default' },
    spec: {
      ...(hasTls ? { tls: [{ hosts: [host], secretName: 'tls' }] } : {}),
      rules: [
        {
          host,
          http: { paths: Array.from({ length: PATHS_PER_HOST }, (_, path) => pathOf(path)) },
        },
      ],
    },
  };
}

function pathOf(index: number, name = pathName(index)): object {
  return {
    path: name,
    pathType: 'Prefix',
    backend: { service: { name: 'web', port: { number: 80 } } },
  };
}

/** Gives the Ingress of a host a path `/new-<n>`. @returns the path, and when it was written, ms since 1970. */
export function touchIngress(store: Store, round: number): { path: string; writtenAt: number } {
  const old = store.get('Ingress', 'default', 'host-0');
  if (old === undefined) throw new Error('there is no Ingress host-0');
  const path = `/new-${round}`;
  const writtenAt = performance.timeOrigin + performance.now();
  const paths = [
    ...Array.from({ length: PATHS_PER_HOST - 1 }, (_, index) => pathOf(index)),
    pathOf(9, path),
  ];
  const changed: object = {
    ...old,
    spec: { ...old.spec, rules: [{ host: hostName(0), http: { paths } }] },
  };
  store.update(changed as KubeObject); // a whole Ingress again
  return { path, writtenAt };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
