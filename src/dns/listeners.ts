import type { Clock, Logger } from '../observe/index.ts';
import type { AnswerBytes } from './answer-bytes.ts';
import type { ListenerTable } from './blocks/index.ts';
import { loopbackOf, standInFor } from './loopback-place.ts';
import { serveDns } from './server.ts';

export interface ListenersOptions {
  readonly log: Logger;
  readonly clock: Clock;
  /** Another port than the one written; 0 is any, undefined leaves it closed. @default the one written */
  readonly portFor?: (port: number) => number | undefined;
}

/** A listener of the Corefile that is open. */
export interface ServedListener {
  /** As the Corefile says it: `tls://:853`. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly requestedPort: number;
}

export interface ListenerToServe {
  readonly table: ListenerTable;
  readonly answerBytes: AnswerBytes;
}

/** What listens besides the front door. */
export interface Listeners extends AsyncDisposable {
  /** Opens these, and closes those that are not among them; what stays open answers by the new table. */
  serve(listeners: readonly ListenerToServe[]): Promise<void>;
  readonly served: readonly ServedListener[];
}

interface OpenListener extends AsyncDisposable, ServedListener {
  /** Listeners with other settings (a certificate, say) are opened anew. */
  readonly settings: string;
  answerBytes: AnswerBytes;
}

/** Listeners on loopback; a taken port is stood in for by the one 20000 higher, or gone without. */
export function createListeners(options: ListenersOptions): Listeners {
  const open = new Map<string, OpenListener>();
  const close = async (name: string): Promise<void> => {
    const listener = open.get(name);
    open.delete(name);
    await listener?.[Symbol.asyncDispose]();
  };
  return {
    serve: async (listeners) => {
      const names = new Set(listeners.map(({ table }) => table.address));
      for (const name of open.keys()) if (!names.has(name)) await close(name);
      for (const { table, answerBytes } of listeners) {
        const known = open.get(table.address);
        if (known?.settings === settingsOf(table)) {
          known.answerBytes = answerBytes;
          continue;
        }
        await close(table.address);
        const opened = await openListener(table, answerBytes, options);
        if (opened !== undefined) open.set(table.address, opened);
      }
    },
    get served() {
      return [...open.values()];
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...open.keys()].map(close));
    },
  };
}

function settingsOf({ blocks }: ListenerTable): string {
  return JSON.stringify(
    blocks.flatMap(({ instances }) => instances.flatMap(([, { listen }]) => listen ?? [])),
  );
}

async function openListener(
  table: ListenerTable,
  answerBytes: AnswerBytes,
  { log, clock, portFor = (port) => port }: ListenersOptions,
): Promise<OpenListener | undefined> {
  const port = portFor(table.port);
  if (port === undefined) return undefined;
  const address = loopbackOf(table.host);
  const current = { answerBytes };
  const answer: AnswerBytes = (octets, client, space) => current.answerBytes(octets, client, space);
  const listenOn = (at: number): Promise<AsyncDisposable & { readonly port: number }> =>
    listenAt(table, { address, port: at, answerBytes: answer, log, clock });
  try {
    const server = await listenOn(port).catch((error: unknown) => {
      const standIn = standInFor(port);
      if (standIn === undefined) throw error;
      return listenOn(standIn);
    });
    return {
      name: table.address,
      address,
      port: server.port,
      requestedPort: table.port,
      settings: settingsOf(table),
      get answerBytes() {
        return current.answerBytes;
      },
      set answerBytes(next) {
        current.answerBytes = next;
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    log.warn('not listening', { part: 'dns', listener: table.address, error });
    return undefined;
  }
}

export interface ListenOptions {
  readonly address: string;
  readonly port: number;
  readonly answerBytes: AnswerBytes;
  readonly log: Logger;
  readonly clock: Clock;
}

async function listenAt(
  { transport, blocks }: ListenerTable,
  place: ListenOptions,
): Promise<AsyncDisposable & { readonly port: number }> {
  const settings = blocks.flatMap(({ instances }) =>
    instances.flatMap(([, { listen: own }]) => own ?? []),
  );
  const tls = settings.find((own) => own.tls !== undefined)?.tls;
  const idleMs = settings.find((own) => own.idleMs !== undefined)?.idleMs;
  const options = { ...place, ...(tls && { tls }), ...(idleMs !== undefined && { idleMs }) };
  if (transport === 'https') {
    const { serveDnsOverHttps } = await import('./secure/index.ts');
    return serveDnsOverHttps(options);
  }
  if (transport === 'grpc') {
    const { serveDnsOverGrpc } = await import('./secure/index.ts');
    return serveDnsOverGrpc(options);
  }
  if (transport === 'tls') {
    const { serveDnsOverTls } = await import('./secure/index.ts');
    return serveDnsOverTls(options);
  }
  const { address, port, ...rest } = place;
  const server = await serveDns({
    ...rest,
    addresses: [{ address, port }],
    ...(idleMs !== undefined && { idleTimeoutMs: idleMs }),
  });
  return {
    port: server.addresses[0]?.port ?? port,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
