import { setFlagsFromString } from 'node:v8';

/** A start that takes longer has so much to do that its code runs often. */
const MOST_MS = 1000;

/** What a start needs of the runtime. Some are not imported: reading every name that they export loads much more. */
const BUILT_IN = ['node:child_process', 'node:cluster', 'node:dns', 'node:http'] as const;

/** And what own files import. */
function importBuiltIn(): Promise<unknown> {
  return Promise.all([
    import('node:dgram'),
    import('node:fs'),
    import('node:fs/promises'),
    import('node:net'),
    import('node:stream'),
    import('node:stream/consumers'),
    import('node:stream/promises'),
    import('node:worker_threads'),
  ]);
}

/**
 * Tells the engine that this process is starting, until `leaveStartUp` or for a second.
 *
 * A start runs a lot of code a few times each, and most of what it makes stays. Optimizing that code takes more time
 * than it saves: a sixth of the CPU of a start, and 15 MB. And the nursery, which grows because so much survives in
 * it, would hold 25 MB for nothing; what it has grown to it keeps, so this comes before anything of podlane is loaded.
 *
 * The runtime's own modules come before it: their code is kept ready for the flags that the runtime was built with, and
 * compiled anew under others, which is a tenth of a start.
 */
export async function enterStartUp(): Promise<void> {
  for (const name of BUILT_IN) process.getBuiltinModule(name);
  await importBuiltIn();
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
