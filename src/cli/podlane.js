#!/usr/bin/env node
/**
 * podlane from its sources: as main.ts, sooner.
 *
 * What strips the types off a first file takes Node 35 ms and 25 MB to load. With the compile cache, which holds all
 * files without their types, it need not be loaded; but a TypeScript file cannot switch that on before it is read.
 */
import module from 'node:module';

const OLDEST = '24.12';
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `podlane needs Node ${OLDEST} or newer from its sources, found ${process.versions.node}: \`npm start\` runs the one that \`npm install\` brings\n`,
  );
  process.exitCode = 5;
} else {
  module.enableCompileCache?.();
  await import('./main.ts');
}
