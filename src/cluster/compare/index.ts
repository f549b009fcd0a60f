/** Two sets of manifests, the same requests: what differs. */
import { readFile } from 'node:fs/promises';
import { describeForeign, foreignClassOf } from '../../ingress/index.ts';
import { parseIp, PodlaneError } from '../../net/index.ts';
import type { Cluster } from '../create-cluster.ts';
import { askInMemory } from '../in-memory.ts';
import { ManifestError } from '../manifests.ts';
import { outcomeOf, type ComparedOutcome } from './outcome.ts';
import { readRequests, type ComparedRequest } from './read-requests.ts';

export type { ComparedOutcome } from './outcome.ts';

export interface CompareOptions {
  /** Manifests of the one side. */
  readonly before: readonly string[];
  /** Manifests of the other. */
  readonly after: readonly string[];
  /** A HAR, NDJSON, or a URL on each line. */
  readonly requests: string;
  /** Compare too what only the running data path shows: time-outs, limits, auth. @default false */
  readonly hasPolicy?: boolean;
  /** The address that every request comes from. @default 192.0.2.10 */
  readonly client?: string;
}

/** Where requests come from when nobody says. */
const CLIENT = '192.0.2.10';

/** One field of an outcome that is not the same. */
export interface ComparedField {
  /** `backend`, `canary`, `status`, `location`, `target`, `allow`, `deny`, or a header: `request x-forwarded-prefix`. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface RequestDifference {
  /** `GET http://shop.example/` */
  readonly request: string;
  readonly fields: readonly ComparedField[];
  readonly before: ComparedOutcome;
  readonly after: ComparedOutcome;
}

export interface CompareResult {
  readonly requests: number;
  readonly differences: readonly RequestDifference[];
  /** Ingresses that nobody serves here: what becomes of their requests elsewhere cannot be told. */
  readonly warnings: readonly string[];
}

/**
 * Routes every request on both sides, in memory, and tells what differs.
 *
 * @throws ManifestError; PodlaneError `ERR_OPTION` where the requests cannot be read, or the client is no address.
 */
export async function compareManifests(options: CompareOptions): Promise<CompareResult> {
  const client = parseIp(options.client ?? CLIENT)?.text;
  if (client === undefined)
    throw new PodlaneError('ERR_OPTION', `--client: "${options.client}" is no IP address`);
  const requests = readRequests(await textOf(options.requests), options.requests);
  const one = await answersOf('before', options.before, { requests, client });
  const other = await answersOf('after', options.after, { requests, client });
  const [before, after] = [one.outcomes, other.outcomes];
  const differences = requests.flatMap((request, index) => {
    const [was, is] = [before[index], after[index]];
    if (was === undefined || is === undefined) return [];
    const fields = differingFields(was, is, options.hasPolicy ?? false);
    const text = `${request.method} ${request.url.href}`;
    return fields.length === 0 ? [] : [{ request: text, fields, before: was, after: is }];
  });
  const warnings = [...one.warnings, ...other.warnings];
  return { requests: requests.length, differences, warnings };
}

/** @throws PodlaneError `ERR_OPTION` */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    // System errors carry a code; the cast only reads it.
    const { code, message } = error as NodeJS.ErrnoException;
    const why = { ENOENT: 'no such file', EISDIR: 'this is a folder' }[code ?? ''] ?? message;
    throw new PodlaneError('ERR_OPTION', `${file}: the requests cannot be read: ${why}`, {
      cause: error,
    });
  }
}

interface Asked {
  readonly requests: readonly ComparedRequest[];
  readonly client: string;
}

interface Answers {
  readonly outcomes: readonly ComparedOutcome[];
  readonly warnings: readonly string[];
}

/** @throws ManifestError that says which side it is. */
async function answersOf(
  side: 'before' | 'after',
  paths: readonly string[],
  asked: Asked,
): Promise<Answers> {
  try {
    const { outcomes, warnings } = await outcomesOf(paths, asked);
    return { outcomes, warnings: warnings.map((warning) => `--${side}: ${warning}`) };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new ManifestError(error.problems, `the manifests of --${side} ${paths.join(' ')}`);
  }
}

/** Ingresses that are nobody's here. */
function foreignIn({ store }: Cluster): readonly string[] {
  return store.list('Ingress').flatMap((ingress) => {
    const foreign = foreignClassOf(ingress, store);
    const { namespace = '', name } = ingress.metadata;
    return foreign === undefined
      ? []
      : [`Ingress ${namespace}/${name}: ${describeForeign(foreign)}`];
  });
}

function outcomesOf(paths: readonly string[], { requests, client }: Asked): Promise<Answers> {
  return askInMemory(paths, (cluster) => ({
    outcomes: requests.map((request) => outcomeOf(cluster, request, client)),
    warnings: foreignIn(cluster),
  }));
}

/** What is compared of every outcome, besides headers. */
const FIELDS = ['backend', 'canary', 'status', 'location', 'target', 'allow', 'deny'] as const;

function differingFields(
  before: ComparedOutcome,
  after: ComparedOutcome,
  hasPolicy: boolean,
): readonly ComparedField[] {
  const plain = FIELDS.map((field) => ({
    field,
    before: before[field],
    after: after[field],
  }));
  return [
    ...plain,
    ...(before.backend === undefined || after.backend === undefined
      ? []
      : recordFields('request', before.requestHeaders, after.requestHeaders)),
    ...recordFields('response', before.responseHeaders, after.responseHeaders),
    ...(hasPolicy ? recordFields('policy', before.policy, after.policy) : []),
  ].filter((field) => JSON.stringify(field.before) !== JSON.stringify(field.after));
}

function recordFields(
  prefix: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly ComparedField[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].map((name) => ({
    field: `${prefix} ${name}`,
    before: before[name],
    after: after[name],
  }));
}
