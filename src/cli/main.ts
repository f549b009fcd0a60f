#!/usr/bin/env node
// This file and what it imports must be readable by every Node that npm runs on: the rest is loaded once the Node is
// new enough.
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { enterStartUp } from './enter-start-up.ts';

/** As package.json's `engines`. */
const OLDEST = [24, 12] as const;

/** Set for the process that an older Node starts. */
const LAUNCHED = 'PODLANE_LAUNCHED';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
  if (process.env[LAUNCHED] !== undefined) endWithLauncher();
  if (process.argv[2] === 'up') await enterStartUp();
  nodeModule.enableCompileCache();
  findOwnFiles();
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv.slice(2));
} else {
  await runWith(findNewerNode());
}

/** Own files import each other by their whole names: to look for each takes as long as to load it. */
function findOwnFiles(): void {
  const root = new URL('..', import.meta.url).href;
  const format = import.meta.url.endsWith('.ts') ? 'module-typescript' : 'module';
  nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      specifier.startsWith('.') && context.parentURL?.startsWith(root) === true
        ? { url: new URL(specifier, context.parentURL).href, format, shortCircuit: true }
        : next(specifier, context),
  });
}

/** The Node that the npm package `node` brings, where it is installed beside the program or where the user is. */
function findNewerNode(): string | undefined {
  for (const place of [import.meta.filename, join(process.cwd(), 'package.json')]) {
    try {
      return nodeModule.createRequire(place).resolve('node/bin/node');
    } catch {
      // Not installed there: the next place, and in the end the message.
    }
  }
  return undefined;
}

async function runWith(node: string | undefined): Promise<void> {
  if (node === undefined) {
    process.stderr.write(
      `podlane needs Node ${OLDEST.join('.')} or newer and this is ${process.versions.node}: \`npm install node@26\` in this folder brings one\n`,
    );
    process.exitCode = 5;
    return;
  }
  const { spawn } = await import('node:child_process');
  const child = spawn(node, process.argv.slice(1), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [LAUNCHED]: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  child.once('error', (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`);
    process.exitCode = 5;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
}

/** The channel to the launcher closes when that is killed, which can tell nobody: nothing is left behind then. */
function endWithLauncher(): void {
  // What is started from here is launched by nobody.
  delete process.env[LAUNCHED];
  process.once('disconnect', () => process.kill(process.pid, 'SIGINT'));
  process.channel?.unref();
}
