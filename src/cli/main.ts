#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 17)) {
  process.stderr.write(
    `podlane needs Node 20.17 or newer and this is ${process.versions.node}: \`npm install node@26\` beside podlane brings one.\n`,
  );
  process.exit(5);
}
// Absent before Node 22.8, whatever the types say.
(enableCompileCache as (() => unknown) | undefined)?.();
const { run } = await import('./run.ts');
process.exitCode = await run(process.argv.slice(2));
