import { setFlagsFromString } from 'node:v8';

/** Of the CPU, so that a busy machine makes no difference. A start that takes more has so much to do that its code runs often. */
const MOST_CPU_MS = 1500;

/** Calls after which code is first looked at, and after which it is worth the most work: the engine's own. */
const [FIRST_LOOK, LAST_LOOK] = [400, 3000];

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
 * Tells the engine that this process is starting, until `leaveStartUp` or until it has taken long.
 *
 * A start runs a lot of code a few times each, and most of what it makes stays. Optimizing that code takes more time
 * than it saves: a sixth of the CPU of a start, and 15 MB. And the nursery, which grows because so much survives in
 * it, would hold 25 MB for nothing; what it has grown to it keeps, so this comes before anything of podlane is loaded.
 *
 * Nor is it compiled without being optimized: the first answers come a tenth sooner, with 4 MB less, and the last of 200
 * Pods a tenth later.
 *
 * Modules are compiled as a whole until `compileByNeed`: the cache of compiled code holds what was compiled when a
 * module was loaded, which is none of its functions otherwise, and those are compiled in each start anew. That is an
 * eighth of a start, for 5 MB.
 *
 * What runs meanwhile is told how often it has to be called until it is looked at again, and keeps to that later: without
 * the first stage of optimizing it would be told the last one's number, and stay slow for thousands of requests.
 *
 * The runtime's own modules come before it: their code is kept ready for the flags that the runtime was built with, and
 * compiled anew under others, which is a tenth of a start.
 */
export async function enterStartUp(): Promise<void> {
  for (const name of BUILT_IN) process.getBuiltinModule(name);
  await importBuiltIn();
  setFlags('--no-opt', '--no-maglev', `--invocation-count-for-turbofan=${FIRST_LOOK}`);
  setFlags('--no-sparkplug', '--no-lazy', '--semi-space-growth-factor=1');
  leaveWhenLong();
}

let nextLook: NodeJS.Timeout | undefined;

function leaveWhenLong(): void {
  const { user, system } = process.cpuUsage();
  const leftMs = MOST_CPU_MS - (user + system) / 1000;
  if (leftMs <= 0) leaveStartUp();
  else nextLook = setTimeout(leaveWhenLong, leftMs).unref();
}

/** From now on code runs often: the engine's defaults. */
export function leaveStartUp(): void {
  clearTimeout(nextLook);
  setFlags('--opt', '--maglev', `--invocation-count-for-turbofan=${LAST_LOOK}`);
  setFlags('--sparkplug', '--semi-space-growth-factor=2');
}

/** For modules that are loaded from now on: less of them is needed, and what is not would only take room. */
export function compileByNeed(): void {
  setFlags('--lazy');
}

function setFlags(...flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(flag);
}
