/** Manifests that tests write. */

export interface AppOptions {
  readonly replicas?: number;
  readonly image?: string;
  readonly namespace?: string;
  /** Of the Pod template. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of the container. */
  readonly lifecycle?: unknown;
  /** Fields of the Service's spec. */
  readonly service?: Readonly<Record<string, unknown>>;
  /** Fields of the Deployment's spec. */
  readonly deployment?: Readonly<Record<string, unknown>>;
  /** Fields of the Pod's spec. */
  readonly pod?: Readonly<Record<string, unknown>>;
  /** @default 8080 over TCP, called http */
  readonly containerPorts?: readonly unknown[];
}

/** A Deployment `name` and a Service of that name on port 80, as objects. */
export function app(name: string, options: AppOptions = {}): readonly object[] {
  return [deployment(name, options), service(name, options)];
}

export function deployment(name: string, options: AppOptions = {}): object {
  const { replicas = 1, image = 'example.org/app:1', namespace = 'default' } = options;
  const { lifecycle } = options;
  const containerPorts = options.containerPorts ?? [{ name: 'http', containerPort: 8080 }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: options.annotations },
        spec: {
          containers: [{ name: 'main', image, ports: containerPorts, lifecycle }],
          ...options.pod,
        },
      },
      ...options.deployment,
    },
  };
}

export function service(name: string, options: AppOptions = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: options.namespace ?? 'default' },
    spec: {
      selector: { app: name },
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
      ...options.service,
    },
  };
}

/** What makes a Pod serve on until everybody has heard that it goes. */
export const DRAINING = { preStop: { sleep: { seconds: 1 } } } as const;

/** JSON is YAML too: one document for each object. */
export function manifest(...objects: readonly (object | readonly object[])[]): string {
  return objects
    .flat()
    .map((object) => JSON.stringify(object, undefined, 2))
    .join('\n---\n');
}
