import { alternativePort, PodlaneError, type Listener } from '../../../net/index.ts';
import type { Clock } from '../../../observe/index.ts';
import type { WantedListener } from './wanted.ts';

/** Opens a listener for whatever `current` tells at the time of each connection. */
export type OpenListener = (
  wanted: WantedListener,
  options: {
    /** Who has the listener now; undefined when it is about to close. */
    readonly current: () => WantedListener | undefined;
    /** The Service or Pod that has the listener now: `service namespace/name`. */
    readonly owner: () => string | undefined;
    /** Stands in for a port that the OS refuses. */
    readonly alternativePort: number | undefined;
  },
) => Promise<Listener>;

/** What became of a listener. */
export interface ListenerState {
  /** The port that is bound, or was last. */
  readonly port: number | undefined;
  readonly isOpen: boolean;
  readonly error: PodlaneError | undefined;
}

export interface ListenerSetOptions {
  readonly open: OpenListener;
  readonly clock: Clock;
  /** `protocol/address/port` → the port that somebody else of podlane has bound for it. */
  readonly reserved: ReadonlyMap<string, number>;
  /** @param owner Who wanted it: `service namespace/name`. */
  readonly onError: (error: PodlaneError, wanted: WantedListener, owner: string) => void;
}

const SCARCITY = 'ERR_TOO_MANY_OPEN_FILES';
const RETRY_MS = 1000;

interface Claim {
  readonly owner: string;
  readonly wanted: WantedListener;
}

/** A listener that could not be opened, and who wanted it. */
export interface ListenFailure extends Claim {
  readonly error: PodlaneError;
}

interface Slot {
  readonly key: string;
  /** The first one has the listener, the others wait for it. */
  claims: readonly Claim[];
  listener: Listener | undefined;
  opening: Promise<void> | undefined;
  lastPort: number | undefined;
  error: PodlaneError | undefined;
}

/**
 * Keeps open listeners equal to what owners (Services, Pods) want.
 *
 *   closed --wanted--> opening --bound--> open --unwanted--> closed
 *                        |  `--unwanted meanwhile--> closed
 *                        `--error--> closed, tried again when the owner changes; for want of file descriptors after a second
 */
export class ListenerSet implements AsyncDisposable {
  readonly #options: ListenerSetOptions;
  readonly #slots = new Map<string, Slot>();
  /** Listeners that are being opened. */
  readonly #opening = new Set<Promise<void>>();
  readonly #owners = new Map<string, readonly WantedListener[]>();
  #isClosed = false;
  #retryTimer: Disposable | undefined;

  constructor(options: ListenerSetOptions) {
    this.#options = options;
  }

  /** What `owner` wants from now on. */
  replace(owner: string, wanted: readonly WantedListener[]): void {
    const keys = new Set(wanted.map(({ key }) => key));
    for (const { key } of this.#owners.get(owner) ?? [])
      if (!keys.has(key)) this.#release(key, owner);
    if (wanted.length === 0) this.#owners.delete(owner);
    else this.#owners.set(owner, wanted);
    // Claimed first, so that stand-ins keep out of each other's way.
    const slots = wanted.map((listener) => this.#claim(owner, listener));
    for (const slot of slots) this.#sync(slot);
  }

  /** Resolves once nothing is being opened. */
  async settled(): Promise<void> {
    while (this.#opening.size > 0) await Promise.all(this.#opening);
  }

  /** @returns undefined when nobody wants it. */
  stateOf(key: string): ListenerState | undefined {
    const reserved = this.#options.reserved.get(key);
    if (reserved !== undefined) return { port: reserved, isOpen: true, error: undefined };
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    const { listener, lastPort, error } = slot;
    return { port: lastPort, isOpen: listener !== undefined, error };
  }

  /** Everything that could not be opened. */
  failures(): readonly ListenFailure[] {
    return [...this.#slots.values()].flatMap(({ error, claims: [claim] }) =>
      error === undefined || claim === undefined ? [] : [{ error, ...claim }],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#retryTimer?.[Symbol.dispose]();
    for (const slot of this.#slots.values()) this.#sync(slot);
    await this.settled();
  }

  #claim(owner: string, wanted: WantedListener): Slot {
    const slot = this.#slots.get(wanted.key) ?? newSlot(wanted.key);
    this.#slots.set(wanted.key, slot);
    const isKnown = slot.claims.some((claim) => claim.owner === owner);
    slot.claims = isKnown
      ? slot.claims.map((claim) => (claim.owner === owner ? { owner, wanted } : claim))
      : [...slot.claims, { owner, wanted }];
    return slot;
  }

  #release(key: string, owner: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    slot.claims = slot.claims.filter((claim) => claim.owner !== owner);
    slot.error = undefined;
    this.#sync(slot);
  }

  #sync(slot: Slot): void {
    const wanted = this.#wantedOf(slot);
    if (slot.opening !== undefined) return;
    if (wanted !== undefined && slot.listener === undefined)
      this.#track(slot, this.#open(slot, wanted));
    if (wanted === undefined && slot.listener !== undefined) {
      void slot.listener.close();
      slot.listener = undefined;
    }
    if (slot.claims.length === 0) this.#slots.delete(slot.key);
  }

  #track(slot: Slot, opening: Promise<void>): void {
    slot.opening = opening;
    this.#opening.add(opening);
    void opening.finally(() => this.#opening.delete(opening));
  }

  #wantedOf({ key, claims: [claim] }: Slot): WantedListener | undefined {
    if (this.#isClosed || claim === undefined || this.#options.reserved.has(key)) return undefined;
    return claim.wanted.isServed ? claim.wanted : undefined;
  }

  async #open(slot: Slot, wanted: WantedListener): Promise<void> {
    try {
      slot.listener = await this.#options.open(wanted, {
        current: () => slot.claims[0]?.wanted,
        owner: () => slot.claims[0]?.owner,
        alternativePort: this.#standInFor(wanted),
      });
      slot.lastPort = slot.listener.port;
      slot.error = undefined;
      slot.opening = undefined;
      this.#sync(slot);
    } catch (error) {
      slot.opening = undefined;
      this.#fail(slot, { wanted, error });
    }
  }

  #fail(slot: Slot, { wanted, error }: { wanted: WantedListener; error: unknown }): void {
    const isNew = slot.error === undefined;
    slot.error =
      error instanceof PodlaneError
        ? error
        : new PodlaneError('ERR_LISTEN_FAILED', String(error), { cause: error });
    const [claim] = slot.claims;
    if (isNew) this.#options.onError(slot.error, wanted, claim?.owner ?? '');
    if (slot.claims.length === 0) this.#slots.delete(slot.key);
    if (slot.error.code === SCARCITY) this.#retryLater();
  }

  /** Descriptors come back by themselves; nobody tells when. */
  #retryLater(): void {
    if (this.#isClosed) return;
    this.#retryTimer ??= this.#options.clock.setTimer(RETRY_MS, () => {
      this.#retryTimer = undefined;
      for (const slot of this.#slots.values()) if (slot.error?.code === SCARCITY) this.#sync(slot);
    });
  }

  /** The usual stand-in, or the one of the general rule where a neighbour has the usual one. */
  #standInFor({ protocol, address, port }: WantedListener): number | undefined {
    const usual = alternativePort(port);
    if (usual === undefined) return undefined;
    const key = `${protocol}/${address}/${usual}`;
    const isTaken = this.#slots.has(key) || this.#options.reserved.has(key);
    return isTaken ? 20_000 + port : usual;
  }
}

function newSlot(key: string): Slot {
  return {
    key,
    claims: [],
    listener: undefined,
    opening: undefined,
    lastPort: undefined,
    error: undefined,
  };
}
