import {
  ApiError,
  type FieldError,
  type Service,
  type ServicePort,
  type ServiceSpec,
} from '../api/index.ts';

/** A Service's spec while allocation fills it in. */
export interface ServiceDraft {
  readonly name: string;
  readonly service: Service;
  readonly oldService: Service | undefined;
  /** Names the Service among the owners of addresses: `services/shop/web`. */
  readonly owner: string;
  readonly spec: { -readonly [K in keyof ServiceSpec]: ServiceSpec[K] };
  readonly old: ServiceSpec | undefined;
}

/** A draft of `service`, whose spec may be changed freely. */
export function draftOf(service: Service, old: Service | undefined): ServiceDraft {
  return {
    name: service.metadata.name,
    service,
    oldService: old,
    owner: ownerKey(service),
    spec: { ...service.spec },
    old: old === undefined ? undefined : (old.spec ?? {}),
  };
}

/** How `ServiceIps` knows a Service. */
export function ownerKey({ metadata }: Service): string {
  return `services/${metadata.namespace ?? 'default'}/${metadata.name}`;
}

/** Whether Services of this type get node ports. */
export function hasNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

/** Whether Services of this type get a cluster IP, be it None. */
export function hasClusterIP({ type }: ServiceSpec): boolean {
  return type === undefined || type === 'ClusterIP' || hasNodePorts({ type });
}

/** Whether the Service gets a health-check node port. */
export function hasHealthCheck({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

export function isHeadless({ clusterIPs, clusterIP }: ServiceSpec): boolean {
  return (clusterIPs?.[0] ?? clusterIP) === 'None';
}

/** The node ports of a Service, without its health-check port. */
export function nodePortsOf({ ports }: ServiceSpec): readonly number[] {
  return (ports ?? []).map(nodePortOf).filter((port) => port !== 0);
}

/** 0 where none is set. */
export function nodePortOf({ nodePort }: ServicePort): number {
  return nodePort ?? 0;
}

export function sameList(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** A field error of type Invalid, in the API's words. */
export function invalidField(field: string, value: unknown, detail: string): FieldError {
  return { type: 'Invalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${detail}` };
}

/** What a refused Service is answered with. */
export function invalidService(name: string, causes: readonly FieldError[]): ApiError {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  return new ApiError('Invalid', `Service "${name}" is invalid: ${text}`, {
    details: { name, kind: 'Service' },
    causes,
  });
}

/** What an empty pool is answered with: the client did nothing wrong. */
export function internalError(message: string): ApiError {
  return new ApiError('InternalError', `Internal error occurred: ${message}`, {
    otherCauses: [{ reason: '', message }],
  });
}
