import type { Route } from '../answer-bytes.ts';
import { arranged, failure, type Answer } from '../answer.ts';
import type { Resolve } from '../chain.ts';
import { CorefileError, type ServerKey, type Transport } from '../corefile/index.ts';
import type { Observer } from '../observation.ts';
import type { Metadata, Query, ServerTag } from '../query.ts';
import { RCODE, TYPE } from '../wire/index.ts';
import { hostsOf, listenerName, type RunningBlock } from './set-up-block.ts';

/** What one listener of the Corefile serves. */
export interface ListenerTable {
  readonly transport: Transport;
  /** As `bind` says; '' for every address. */
  readonly host: string;
  readonly port: number;
  /** As metrics name it: `dns://:53`. */
  readonly address: string;
  readonly blocks: readonly RunningBlock[];
  readonly hasAllClasses: boolean;
  readonly dropObservers: readonly Observer[];
  route(query: Query): Route;
  readonly resolve: Resolve;
}

/** A zone of a listener: a block, and how queries to it are marked. */
interface Place {
  readonly block: RunningBlock;
  readonly server: ServerTag;
}

type Zones = Map<string, Place[]>;

/**
 * The listeners of all blocks: one for each transport, address and port.
 *
 * @throws CorefileError for a zone that two blocks serve, unless those before the last have views.
 */
export function compileListeners(blocks: readonly RunningBlock[]): readonly ListenerTable[] {
  const listeners = new Map<string, { key: ServerKey; host: string; zones: Zones }>();
  for (const block of blocks)
    for (const host of hostsOf(block.instances))
      for (const key of block.block.keys) {
        const address = listenerName(key, host);
        const listener = listeners.get(address) ?? { key, host, zones: new Map() };
        listeners.set(address, listener);
        const server = { address, zone: key.zone, view: block.view?.name ?? '' };
        addPlace(listener.zones, { block, server });
      }
  refuseOverlaps([...listeners.values()]);
  return [...listeners].map(([address, { key, host, zones }]) =>
    createTable({ transport: key.transport, port: key.port, host, address }, zones),
  );
}

function addPlace(zones: Zones, place: Place): void {
  const places = zones.get(place.server.zone) ?? [];
  zones.set(place.server.zone, places);
  const isTaken = places.some(({ block }) => block.view === undefined);
  if (isTaken) throw alreadyDefined(place, place.server.address);
  places.push(place);
}

/** A block on every address takes the port from those on one address, for the same zone. */
function refuseOverlaps(
  listeners: readonly {
    readonly key: ServerKey;
    readonly host: string;
    readonly zones: Zones;
  }[],
): void {
  for (const { key, host, zones } of listeners) {
    if (host === '') continue;
    const everywhere = listeners.find(
      (other) =>
        other.host === '' && other.key.port === key.port && other.key.transport === key.transport,
    );
    for (const [zone, [place]] of zones) {
      if (place === undefined || everywhere?.zones.has(zone) !== true) continue;
      const { position } = place.block.block;
      throw new CorefileError(
        `cannot serve ${place.server.address} ${zone} - zone overlap listener capacity`,
        position,
      );
    }
  }
}

function alreadyDefined({ block, server }: Place, address: string): CorefileError {
  const [scheme = '', rest = ''] = address.split('://');
  return new CorefileError(
    `cannot serve ${scheme}://${server.zone}${rest.startsWith(':') ? rest : ` on ${rest}`} - it is already defined`,
    block.block.position,
  );
}

type TableBase = Pick<ListenerTable, 'transport' | 'host' | 'port' | 'address'>;

function createTable(base: TableBase, zones: Zones): ListenerTable {
  const blocks = [...new Set([...zones.values()].flat().map(({ block }) => block))];
  const instances = blocks.flatMap((block) => block.instances.map(([, instance]) => instance));
  const [observeDropped] = instances.flatMap((instance) => instance.observeDropped ?? []);
  const server: ServerTag = { address: base.address, zone: 'dropped', view: '' };
  const dropObservers: readonly Observer[] =
    observeDropped === undefined
      ? []
      : [(seen) => observeDropped({ ...seen, query: { ...seen.query, server } })];
  const hasViews = blocks.some(({ view }) => view !== undefined);
  const route = (asked: Query): Route => {
    const place = choosePlace(asked, zones);
    if (place === undefined || place.block.chain === undefined)
      return { query: asked, resolve: refuse, observers: dropObservers, dependsOnClient: hasViews };
    return {
      query: mark(asked, place),
      resolve: place.block.chain,
      observers: place.block.observers,
      // Facts are about who asks, and about this one query.
      dependsOnClient: hasViews || gathersMetadata(asked, place.block),
    };
  };
  return {
    ...base,
    blocks,
    dropObservers,
    hasAllClasses: instances.some((instance) => instance.hasAllClasses === true),
    route,
    resolve: (query) => {
      const { query: marked, resolve } = route(query);
      const answer = resolve(marked);
      return answer instanceof Promise ? answer.then(inOrder) : inOrder(answer);
    },
  };
}

function inOrder(answer: Answer | undefined): Answer | undefined {
  return answer === undefined ? undefined : arranged(answer);
}

const refuse: Resolve = (query) => {
  const what = `no server block for ${query.name}`;
  query.explain?.({ part: 'dns', outcome: 'fail', what });
  return failure(RCODE.REFUSED);
};

/**
 * The block of the longest zone, and there the first whose view accepts; shorter zones when none does.
 *
 * A DS record belongs to the parent, so its query goes to the shortest zone that is served.
 */
function choosePlace(query: Query, zones: Zones): Place | undefined {
  let chosen: Place | undefined;
  for (const zone of ancestors(query.qname)) {
    const place = zones.get(zone)?.find((candidate) => isAccepted(query, candidate));
    if (place === undefined) continue;
    if (query.qtype !== TYPE.DS || zone === '.') return chosen ?? place;
    chosen = place;
  }
  return chosen;
}

function isAccepted(query: Query, { block, server }: Place): boolean {
  const { view } = block;
  return view === undefined || view.accepts(mark(query, { block, server }));
}

/** `a.b.`, `b.`, `.` */
function* ancestors(qname: string): Iterable<string> {
  const end = qname === '.' ? 0 : qname.length;
  for (let at = 0; at < end; at = nextLabel(qname, at)) yield at === 0 ? qname : qname.slice(at);
  yield '.';
}

/** Where the label after the one at `at` begins; a dot behind a backslash ends none. */
function nextLabel(name: string, at: number): number {
  for (let index = at; index < name.length; index += 1) {
    if (name[index] === '\\') index += 1;
    else if (name[index] === '.') return index + 1;
  }
  return name.length;
}

function mark(query: Query, { block, server }: Place): Query {
  if (!gathersMetadata(query, block)) return { ...query, server };
  return { ...query, server, metadata: gather({ ...query, server }, block) };
}

function gathersMetadata({ qname }: Query, { instances }: RunningBlock): boolean {
  return instances.some(([, instance]) => instance.gathersMetadata?.(qname) === true);
}

function gather(query: Query, { instances }: RunningBlock): Metadata {
  const facts = new Map<string, () => string>();
  for (const [, { metadata }] of instances)
    for (const [label, value] of metadata?.(query) ?? []) facts.set(label, value);
  return facts;
}
