import { rmSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { controlFolder } from '../control/index.ts';
import { PodlaneError } from '../net/index.ts';
import type { Logger } from '../observe/index.ts';

/** The parts of a kubeconfig that are merged by name. */
interface Kubeconfig {
  readonly clusters: readonly Named[];
  readonly users: readonly Named[];
  readonly contexts: readonly Named[];
}

interface Named {
  readonly name: string;
}

export interface PublishOptions {
  /** The instance's name. */
  readonly instance: string;
  /** The user's own kubeconfig: a path, where kubectl has it by default, or `off` to leave it alone. */
  readonly merge: 'default' | 'off' | (string & {});
  readonly log: Logger;
  /** A kubeconfig whose cluster, user and context have this name. */
  readonly config: (name: string) => object;
}

/** Where the credentials were written; disposing takes them away again. */
export interface PublishedKubeconfig extends AsyncDisposable {
  /** A kubeconfig with this cluster alone. */
  readonly file: string;
  readonly context: string | undefined;
}

const LISTS = ['clusters', 'users', 'contexts'] as const;
const LOCK_TRIES = 50;
const LOCK_WAIT_MS = 20;

/**
 * Writes a kubeconfig of its own, and adds the context `podlane-NAME` to the user's without switching to it.
 *
 * A kubeconfig that cannot be changed is left as it is, and logged: the own one is there all the same.
 */
export async function publishKubeconfig(options: PublishOptions): Promise<PublishedKubeconfig> {
  const { instance, merge, log } = options;
  const context = `podlane-${instance}`;
  const config = options.config(context) as Kubeconfig;
  const file = join(controlFolder(), `${instance}.kubeconfig`);
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
  const path = merge === 'off' ? undefined : merge === 'default' ? defaultPath() : merge;
  const isMerged = path !== undefined && (await tryMerge(path, config, log));
  return {
    file,
    context: isMerged ? context : undefined,
    [Symbol.asyncDispose]: async () => {
      rmSync(file, { force: true });
      if (isMerged) await tryRemove(path, context, log);
    },
  };
}

/** Where kubectl writes: the first of `$KUBECONFIG`, else `~/.kube/config`. */
function defaultPath(): string {
  const [first] = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return first ?? join(homedir(), '.kube', 'config');
}

async function tryMerge(path: string, config: Kubeconfig, log: Logger): Promise<boolean> {
  try {
    await change(path, (text) => merged(text, config));
    return true;
  } catch (error) {
    log.warn('the kubeconfig was left as it is', { part: 'api', path, error });
    return false;
  }
}

async function tryRemove(path: string, name: string, log: Logger): Promise<void> {
  try {
    await change(path, (text) => removed(text, name));
  } catch (error) {
    log.warn('the context stays in the kubeconfig', { part: 'api', path, context: name, error });
  }
}

/** Rewrites a file under the lock that kubectl takes too; undefined leaves it as it is, '' takes it away. */
async function change(
  path: string,
  edit: (text: string) => Promise<string | undefined>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await using _lock = await takeLock(`${path}.lock`);
  const old = await readText(path);
  const text = await edit(old);
  if (text === undefined || text === old) return;
  if (text === '') return rm(path, { force: true });
  const draft = `${path}.podlane-${process.pid}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** @throws PodlaneError `ERR_KUBECONFIG_LOCKED` when another program keeps the lock. */
async function takeLock(path: string): Promise<AsyncDisposable> {
  for (let tries = 1; ; tries += 1) {
    try {
      const handle = await open(path, 'wx', 0o600);
      await handle.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (cause) {
      const isHeld = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
      if (!isHeld) throw cause;
      if (tries >= LOCK_TRIES)
        throw new PodlaneError('ERR_KUBECONFIG_LOCKED', `${path} is held by another program`, {
          hint: 'Remove it if no kubectl is running.',
          cause,
        });
      await delay(LOCK_WAIT_MS);
    }
  }
}

/** `text` with the entries of `config` in place of those of the same name; comments and order stay. */
async function merged(text: string, config: Kubeconfig): Promise<string> {
  if (text.trim() === '')
    return `${JSON.stringify({ ...config, 'current-context': '' }, undefined, 2)}\n`;
  const { document, isSeq, isMap } = await parse(text);
  for (const list of LISTS) {
    const entries = document.get(list);
    if (!isSeq(entries)) {
      document.set(list, document.createNode(config[list]));
      continue;
    }
    for (const entry of config[list]) {
      const at = entries.items.findIndex((item) => isMap(item) && item.get('name') === entry.name);
      const node = document.createNode(entry);
      if (at === -1) entries.items.push(node);
      else entries.items[at] = node;
    }
  }
  return document.toString({ lineWidth: 0 });
}

/** `text` without the entries called `name`; '' when nothing else is in it. */
async function removed(text: string, name: string): Promise<string | undefined> {
  if (text.trim() === '') return undefined;
  const { document, isSeq, isMap } = await parse(text);
  let isEmpty = true;
  for (const list of LISTS) {
    const entries = document.get(list);
    if (!isSeq(entries)) continue;
    entries.items = entries.items.filter((item) => !isMap(item) || item.get('name') !== name);
    if (entries.items.length > 0) isEmpty = false;
  }
  if (document.get('current-context') === name) document.set('current-context', '');
  const current = document.get('current-context') ?? '';
  return isEmpty && current === '' ? '' : document.toString({ lineWidth: 0 });
}

/** @throws PodlaneError `ERR_KUBECONFIG` for a file that is no YAML: it is not ours to mend. */
async function parse(text: string) {
  const { parseDocument, isMap, isSeq } = await import('yaml');
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined || !isMap(document.contents))
    throw new PodlaneError('ERR_KUBECONFIG', `the kubeconfig is no YAML: ${error?.message ?? ''}`);
  return { document, isMap, isSeq };
}

/** The kubeconfig with this cluster alone. @throws PodlaneError `ERR_NO_API` where its API server is off. */
export async function readKubeconfig({
  api,
}: {
  readonly api: { readonly kubeconfig: string } | undefined;
}): Promise<string> {
  if (api === undefined)
    throw new PodlaneError('ERR_NO_API', 'the instance serves no API', {
      hint: 'It was started with --api off.',
    });
  return readFile(api.kubeconfig, 'utf8');
}
