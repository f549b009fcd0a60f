import type { Container, Pod, Store } from '../api/index.ts';
import { parseIp, type Endpoint } from '../net/index.ts';

/** The annotation that hands a Pod's ports to a process of this host. */
export const FORWARD_ANNOTATION = 'podlane.dev/forward';

export type ForwardKind = 'Pod' | 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet' | 'Job';

/** Hands every Pod of one workload object to a process of this host. */
export interface Forward {
  readonly target: {
    readonly kind: ForwardKind;
    readonly namespace: string;
    readonly name: string;
  };
  readonly address: string;
  readonly port: number;
}

/** Where one port goes, or all that no other rule names. */
export interface ForwardRule {
  /** A number, the name of a container's port, or undefined for every port. */
  readonly port: number | string | undefined;
  readonly target: Endpoint;
}

export type ForwardRules =
  | { readonly kind: 'rules'; readonly rules: readonly ForwardRule[] }
  | { readonly kind: 'invalid'; readonly message: string };

const LOCALHOST = '127.0.0.1';

/**
 * Reads `127.0.0.1:3000`, `3000`, or `80=127.0.0.1:3000,metrics=127.0.0.1:9100`; a rule without a port stands for all
 * that the others do not name.
 */
export function parseForwardRules(text: string): ForwardRules {
  const rules: ForwardRule[] = [];
  for (const part of text.split(',').map((piece) => piece.trim())) {
    const [left, right] = part.includes('=') ? part.split('=', 2) : [undefined, part];
    const target = parseTarget(right ?? '');
    const port = left === undefined || !/^\d+$/.test(left) ? left : Number(left);
    if (target === undefined || port === '' || (typeof port === 'number' && !isPort(port)))
      return { kind: 'invalid', message: `"${part}" is not [PORT=]ADDRESS:PORT` };
    rules.push({ port, target });
  }
  return { kind: 'rules', rules };
}

/** `ADDRESS:PORT`, `[ADDRESS]:PORT`, `localhost:PORT` or a port of this host. */
function parseTarget(text: string): Endpoint | undefined {
  const match = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, bracketed, plain = LOCALHOST, digits] = match;
  const host = bracketed ?? (plain === 'localhost' ? LOCALHOST : plain);
  const address = parseIp(host)?.text;
  const port = Number(digits);
  return address === undefined || !isPort(port) ? undefined : { address, port };
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

/**
 * Where the ports of `pod` go: by its annotation, or else by the forwards that name it or what it belongs to.
 *
 * @param onInvalid Told of an annotation that cannot be read; the Pod's containers answer then.
 */
export function forwardOf(
  pod: Pod,
  {
    forwards,
    store,
    onInvalid,
  }: {
    readonly forwards: readonly Forward[];
    readonly store: Pick<Store, 'get'>;
    readonly onInvalid: (message: string) => void;
  },
): ((port: number) => Endpoint | undefined) | undefined {
  const rules = [...annotated(pod, onInvalid), ...matching(pod, forwards, store)];
  if (rules.length === 0) return undefined;
  const ports = portsByNumber(pod);
  const { hostNetwork = false } = pod.spec ?? {};
  return (port) => {
    const isNamed = (rule: ForwardRule): boolean =>
      rule.port === port || (typeof rule.port === 'string' && ports.get(port) === rule.port);
    const general = rules.find((rule) => rule.port === undefined);
    // The Node's other ports are not the Pod's to give away.
    const isOwn = !hostNetwork || ports.has(port);
    return (rules.find(isNamed) ?? (isOwn ? general : undefined))?.target;
  };
}

function annotated(
  { metadata }: Pod,
  onInvalid: (message: string) => void,
): readonly ForwardRule[] {
  const text = metadata.annotations?.[FORWARD_ANNOTATION];
  if (text === undefined) return [];
  const parsed = parseForwardRules(text);
  if (parsed.kind === 'rules') return parsed.rules;
  onInvalid(parsed.message);
  return [];
}

function matching(
  pod: Pod,
  forwards: readonly Forward[],
  store: Pick<Store, 'get'>,
): readonly ForwardRule[] {
  if (forwards.length === 0) return [];
  const owners = ownersOf(pod, store);
  const isTarget = ({ target }: Forward): boolean =>
    target.namespace === pod.metadata.namespace && owners.has(`${target.kind} ${target.name}`);
  return forwards
    .filter(isTarget)
    .map(({ address, port }) => ({ port: undefined, target: { address, port } }));
}

/** The Pod, its controllers, and the Deployment of its ReplicaSet, as `kind name`. */
function ownersOf({ metadata }: Pod, store: Pick<Store, 'get'>): ReadonlySet<string> {
  const owners = new Set([`Pod ${metadata.name}`]);
  for (const { kind, name } of metadata.ownerReferences ?? []) {
    owners.add(`${kind} ${name}`);
    if (kind !== 'ReplicaSet') continue;
    const above = store.get('ReplicaSet', metadata.namespace, name)?.metadata.ownerReferences ?? [];
    for (const owner of above) owners.add(`${owner.kind} ${owner.name}`);
  }
  return owners;
}

function portsByNumber({ spec }: Pod): ReadonlyMap<number, string> {
  const containers: readonly Container[] = [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
  ];
  const ports = containers.flatMap(({ ports: declared = [] }) => declared);
  return new Map(ports.map(({ containerPort, name = '' }) => [containerPort, name]));
}
