import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import type { CaseResult } from '../../area.ts';
import { askServer } from './play-query.ts';
import type { ObservabilityCase } from './table.ts';
import type { RunningServer } from './world.ts';

interface HttpResult {
  readonly status: number;
  readonly body: string;
}

/** Plays one row of `observabilityCases`: queries and requests, then what metrics and log say. */
export async function playObservability(
  { id, steps, expect }: ObservabilityCase,
  server: RunningServer,
  upstream: string,
): Promise<CaseResult> {
  let reply: HttpResult | undefined;
  for (const [verb, first = '', second = ''] of steps) {
    if (verb === 'query') await askServer(server.port, { qname: first, qtype: second }, {});
    else reply = await request(second, server);
  }
  const metrics = samplesOf((await request(':9153/metrics', server)).body);
  const problems = Object.entries(expect).flatMap(([what, wanted]) => {
    const actual = actualOf(what, { reply, metrics, server, upstream });
    return isAsWanted(what, actual, wanted) ? [] : [`${what}: ${JSON.stringify(actual)}`];
  });
  return { id, title: id, ok: problems.length === 0, expected: expect, actual: problems };
}

interface Seen {
  readonly reply: HttpResult | undefined;
  readonly metrics: readonly Sample[];
  readonly server: RunningServer;
  readonly upstream: string;
}

interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

function actualOf(what: string, { reply, metrics, server, upstream }: Seen): unknown {
  if (what === 'status' || what === 'body') return reply?.[what];
  if (what.startsWith('log')) return server.lines;
  const isSum = what.startsWith('sum without(plugin)');
  const [wanted] = samplesOf(`${what.replace(/^sum without\(plugin\) \((.*)\)$/, '$1')} 0`);
  if (wanted === undefined) return undefined;
  const found = metrics.filter(
    ({ name, labels }) =>
      name === wanted.name &&
      [...wanted.labels].every(
        ([key, value]) => labels.get(key) === value.replace('@UPSTREAM@', upstream),
      ),
  );
  if (isSum) return found.reduce((sum, { value }) => sum + value, 0);
  const [only] = found;
  return what === 'coredns_build_info' ? only && [...only.labels.keys()] : only?.value;
}

function isAsWanted(what: string, actual: unknown, wanted: unknown): boolean {
  const lines = actual as readonly string[]; // a list for the log, and for the labels of build_info
  if (what === 'coredns_build_info')
    return ['version', 'revision', 'goversion'].every((label) => lines.includes(label));
  if (what === 'logRegex') return lines.some((line) => new RegExp(String(wanted)).test(line));
  const texts = wanted as readonly string[]; // likewise
  if (what === 'logLines') return texts.every((part) => lines.some((line) => line.includes(part)));
  if (what === 'logLinesNot')
    return texts.every((part) => !lines.some((line) => line.includes(part)));
  return actual === wanted;
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
function samplesOf(exposition: string): readonly Sample[] {
  return exposition.split('\n').flatMap((line) => {
    const [, name = '', labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (value === undefined) return [];
    const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(
      ([, key = '', text_ = '']) => [key, text_] as const,
    );
    return [{ name, labels: new Map(pairs), value: Number(value) }];
  });
}

/** @param place `:PORT/PATH`, with the port that the Corefile names. */
async function request(place: string, { dns }: RunningServer): Promise<HttpResult> {
  const [, port = '', path = ''] = /^:(\d+)(\/.*)$/.exec(place) ?? [];
  const endpoint = dns.endpoints.find(({ requestedPort }) => requestedPort === Number(port));
  if (endpoint === undefined) return { status: 0, body: '' };
  const { promise, resolve, reject } = Promise.withResolvers<HttpResult>();
  const sent = get({ host: endpoint.address, port: endpoint.port, path, agent: false }, (reply) => {
    text(reply).then((body) => resolve({ status: reply.statusCode ?? 0, body }), reject);
  });
  sent.on('error', reject);
  return promise;
}
