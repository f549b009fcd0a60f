/** Two sets of manifests, the same requests: what differs. */
import { readFile } from 'node:fs/promises';
import { createCluster, type Cluster } from '../create-cluster.ts';
import { ManifestSet } from '../manifests.ts';
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
}

/** One field of an outcome that is not the same. */
export interface ComparedField {
  /** `backend`, `status`, `location`, `target`, or a header: `request x-forwarded-prefix`. */
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
}

/**
 * Routes every request on both sides, in memory, and tells what differs.
 *
 * @throws ManifestError; PodlaneError `ERR_OPTION` where the requests cannot be read.
 */
export async function compareManifests(options: CompareOptions): Promise<CompareResult> {
  const requests = readRequests(await readFile(options.requests, 'utf8'));
  const before = await outcomesOf(options.before, requests);
  const after = await outcomesOf(options.after, requests);
  const differences = requests.flatMap((request, index) => {
    const [one, other] = [before[index], after[index]];
    if (one === undefined || other === undefined) return [];
    const fields = differingFields(one, other, options.hasPolicy ?? false);
    const text = `${request.method} ${request.url.href}`;
    return fields.length === 0 ? [] : [{ request: text, fields, before: one, after: other }];
  });
  return { requests: requests.length, differences };
}

/** A cluster without sockets, for as long as its answers are taken. */
async function outcomesOf(
  paths: readonly string[],
  requests: readonly ComparedRequest[],
): Promise<readonly ComparedOutcome[]> {
  using manifests = await ManifestSet.load({ paths });
  const off = 'off' as const;
  await using cluster: Cluster = await createCluster({
    dns: off,
    http: off,
    https: off,
    entry: off,
    dnsUpstream: off,
    proxyHealth: off,
    proxyMetrics: off,
    ingressMetrics: off,
    hasAliases: false,
    ...(manifests.has('Node') ? { nodes: 0 } : {}),
  });
  manifests.apply(cluster);
  await cluster.settled();
  return requests.map((request) => outcomeOf(cluster, request));
}

function differingFields(
  before: ComparedOutcome,
  after: ComparedOutcome,
  hasPolicy: boolean,
): readonly ComparedField[] {
  const plain = (['backend', 'status', 'location', 'target'] as const).map((field) => ({
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
