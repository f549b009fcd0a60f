#!/usr/bin/env node
/**
 * podlane from its sources: bundles them where one has changed since the last time, and runs the bundle.
 *
 * Loading them one by one takes 100 ms of a start. Each state of the sources has a folder of its own, so that what runs
 * from an older one goes on finding its modules.
 */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
const BUNDLES = join(ROOT, '.bundles');
/** In each: what it was made of, the paths and the times of their changes. */
const SOURCES = 'sources.json';
const IF_THERE = { throwIfNoEntry: false };
/** Nobody runs that long from a bundle of sources that have changed since; a start counts anew. */
const KEPT_MS = 7 * 86_400_000;

const current = findCurrent() ?? (await bundleAnew());
if (current === undefined) process.exitCode = 1;
else await runFrom(current);

function runFrom(folder) {
  const now = new Date();
  utimesSync(folder, now, now);
  return import(pathToFileURL(join(folder, 'main.js')).href);
}

function findCurrent() {
  if (!existsSync(BUNDLES)) return undefined;
  const newest = join(BUNDLES, readdirSync(BUNDLES).toSorted().at(-1) ?? '');
  return existsSync(join(newest, SOURCES)) && isCurrent(newest) ? newest : undefined;
}

function isCurrent(folder) {
  const { paths, times } = JSON.parse(readFileSync(join(folder, SOURCES), 'utf8'));
  return paths.every((path, index) => timeOf(path) === times[index]);
}

/** Asked a thousand times in each start: what `join` does would cost it 4 ms. */
function timeOf(path) {
  return statSync(`${ROOT}/${path}`, IF_THERE)?.mtimeMs;
}

/** Whole or not at all, under a name that sorts after those before it. */
async function bundleAnew() {
  removeOld();
  const { bundle } = await import('./bundle.js');
  const unfinished = join(BUNDLES, `.${process.pid}`);
  const started = Date.now();
  const paths = await bundle(unfinished);
  if (paths === undefined) return undefined;
  const times = paths.map(timeOf);
  // What was saved meanwhile may be in the bundle or not.
  if (times.every((time) => time < started))
    writeFileSync(join(unfinished, SOURCES), JSON.stringify({ paths, times }));
  const folder = join(BUNDLES, `${started}-${process.pid}`);
  renameSync(unfinished, folder);
  return folder;
}

function removeOld() {
  if (!existsSync(BUNDLES)) return;
  const oldest = Date.now() - KEPT_MS;
  for (const name of readdirSync(BUNDLES)) {
    const path = join(BUNDLES, name);
    // Another start may do the same, or be done with its own.
    const state = statSync(path, IF_THERE);
    if (state !== undefined && state.mtimeMs < oldest)
      rmSync(path, { recursive: true, force: true });
  }
}
