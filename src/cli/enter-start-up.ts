import { setFlagsFromString } from 'node:v8';

/** A start that takes longer has so much to do that its code runs often. */
const MOST_MS = 1000;

/**
 * Tells the engine that this process is starting, until `leaveStartUp` or for a second.
 *
 * A start runs a lot of code a few times each, and most of what it makes stays. Optimizing that code takes more time
 * than it saves: a sixth of the CPU of a start, and 15 MB. And the nursery, which grows because so much survives in
 * it, would hold 25 MB for nothing; what it has grown to it keeps, so this comes before anything is loaded.
 */
export function enterStartUp(): void {
  setFlags('--no-opt', '--no-maglev', '--semi-space-growth-factor=1');
  setTimeout(leaveStartUp, MOST_MS).unref();
}

/** From now on code runs often: the engine's defaults. */
export function leaveStartUp(): void {
  setFlags('--opt', '--maglev', '--semi-space-growth-factor=2');
}

function setFlags(...flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(flag);
}
