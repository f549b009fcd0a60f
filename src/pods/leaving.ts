import type { Duplex } from 'node:stream';

/**
 * Asks a connection's client to leave: with the next answer (`soon`), or now, once nothing is under way.
 *
 * Called with `soon` first; more than once is as once.
 */
export type Leave = (when: LeaveTime) => void;

export type LeaveTime = 'soon' | 'now';

interface Entry {
  leave: Leave | undefined;
  asked: LeaveTime | undefined;
}

const entries = new WeakMap<Duplex, Entry>();

/** Says how the client of `connection` is asked to leave; who knew it before (it waited for the first bytes) knows no more. */
export function onLeave(connection: Duplex, leave: Leave): void {
  const entry = entries.get(connection);
  if (entry === undefined) {
    entries.set(connection, { leave, asked: undefined });
    return;
  }
  entry.leave = leave;
  if (entry.asked !== undefined) leave(entry.asked);
}

/** What `connection` speaks has no way to say so: it lives until its client, or the container, ends it. */
export function neverLeaves(connection: Duplex): void {
  entries.delete(connection);
}

/** Asks the client of `connection` to leave, now or as soon as somebody knows how. */
export function askToLeave(connection: Duplex, when: LeaveTime): void {
  const entry = entries.get(connection) ?? { leave: undefined, asked: undefined };
  entries.set(connection, entry);
  entry.asked = when;
  entry.leave?.(when);
}
