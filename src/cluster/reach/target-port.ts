import type { Pod, Service } from '../../api/index.ts';
import type { Protocol } from '../../net/index.ts';
import type { ReachTarget } from './find-target.ts';

export interface PortWish {
  /** A number or a name. */
  readonly port: string | undefined;
  readonly protocol: Protocol | undefined;
}

export interface TargetPort {
  readonly port: number;
  readonly protocol: Protocol;
}

interface DeclaredPort extends TargetPort {
  readonly name: string | undefined;
}

/** Where nothing says which. */
const USUAL_PORT = { TCP: 80, UDP: 53, SCTP: 80 } as const;

/**
 * The port that is meant: by its number, by its name, or the first that the target declares, TCP before UDP.
 *
 * @returns undefined for a name that no port of the target has.
 */
export function targetPort(target: ReachTarget, wish: PortWish): TargetPort | undefined {
  const declared = declaredPorts(target).filter(
    ({ protocol }) => wish.protocol === undefined || protocol === wish.protocol,
  );
  if (wish.port !== undefined && !/^\d+$/.test(wish.port))
    return declared.find(({ name }) => name === wish.port);
  const number = wish.port === undefined ? undefined : Number(wish.port);
  const meant = preferTcp(declared.filter(({ port }) => number === undefined || port === number));
  const protocol = wish.protocol ?? meant?.protocol ?? 'TCP';
  return { port: number ?? meant?.port ?? USUAL_PORT[protocol], protocol };
}

function preferTcp(ports: readonly DeclaredPort[]): DeclaredPort | undefined {
  return ports.find(({ protocol }) => protocol === 'TCP') ?? ports[0];
}

/** Every port that a Pod's containers or a Service declare; none for hosts that are neither. */
export function declaredPorts(target: ReachTarget): readonly DeclaredPort[] {
  if (target.kind === 'pod') return podPorts(target.pod);
  return target.service === undefined ? [] : servicePorts(target.service);
}

function podPorts({ spec }: Pod): readonly DeclaredPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  return [...(spec?.containers ?? []), ...sidecars].flatMap(({ ports = [] }) =>
    ports.map(({ containerPort, name, protocol = 'TCP' }) => ({
      port: containerPort,
      name,
      protocol: asProtocol(protocol),
    })),
  );
}

function servicePorts({ spec }: Service): readonly DeclaredPort[] {
  return (spec?.ports ?? []).map(({ port, name, protocol = 'TCP' }) => ({
    port,
    name,
    protocol: asProtocol(protocol),
  }));
}

/** The API admits no others. */
function asProtocol(text: string): Protocol {
  return text === 'UDP' || text === 'SCTP' ? text : 'TCP';
}
