#!/usr/bin/env node
/**
 * podlane from its sources: bundles them where one has changed since the last time, and runs the bundle.
 *
 * Loading them one by one takes 100 ms of a start. Each state of the sources has a folder of its own, so that what runs
 * from an older one goes on finding its modules.
 */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
const BUNDLES = join(ROOT, '.bundles');
/** Nobody runs from a bundle that long, while the sources change. */
const KEPT_MS = 86_400_000;

const folder = join(BUNDLES, stateOf(join(ROOT, 'src')));
if (existsSync(folder) || (await bundleInto(folder)))
  await import(pathToFileURL(join(folder, 'main.js')).href);
else process.exitCode = 1;

/** Of a tree of files: how many there are and when the last one changed. */
function stateOf(tree) {
  const paths = readdirSync(tree, { recursive: true });
  const newest = Math.max(...paths.map((path) => statSync(join(tree, path)).mtimeMs));
  return `${paths.length}-${newest}`;
}

function removeOld() {
  if (!existsSync(BUNDLES)) return;
  const oldest = Date.now() - KEPT_MS;
  for (const name of readdirSync(BUNDLES)) {
    const path = join(BUNDLES, name);
    if (statSync(path).mtimeMs < oldest) rmSync(path, { recursive: true });
  }
}

/** Whole or not at all; another process may do the same. Returns whether it is there. */
async function bundleInto(place) {
  removeOld();
  const { bundle } = await import('./bundle.js');
  const own = `${place}.${process.pid}`;
  if (!(await bundle(own))) return false;
  try {
    renameSync(own, place);
  } catch (error) {
    rmSync(own, { recursive: true });
    if (!existsSync(place)) throw error;
  }
  return true;
}
