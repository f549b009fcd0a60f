/** Requests that were recorded at a real server, damaged in a few places, and some that never were any. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../harness/instance.ts';
import type { Dice } from '../target.ts';

export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly ct?: string;
  readonly accept?: string;
  readonly body?: unknown;
}

const RECORDED: readonly Recorded[] = readFileSync(
  join(ROOT, 'fixtures/conformance/api/kube-apiserver-1.36.jsonl'),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => (JSON.parse(line) as { req: Recorded }).req); // as the recorder wrote it

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'BREW'];
const TYPES = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/apply-patch+cbor',
  'text/plain',
  '',
  'application/json; charset=utf-8; a="',
];
const ACCEPTS = [
  'application/json',
  'application/yaml',
  '*/*',
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v9;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf',
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  ';;q=x,,',
];
const PARAMETERS = [
  'dryRun',
  'fieldManager',
  'fieldValidation',
  'force',
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'propagationPolicy',
  'gracePeriodSeconds',
  'includeObject',
  'pretty',
];
const WORDS = [
  'All',
  'Strict',
  'Warn',
  'true',
  '0',
  '-1',
  '1',
  '99999999999999999999',
  'x in (a,b)',
  'a=b,c!=d,!e',
  'a in (',
  'metadata.name=a',
  'spec.nodeName=',
  'Exact',
  'NotOlderThan',
  'Foreground',
  'Orphan',
  '',
  '\u0000',
  'é\uD800',
  '__proto__',
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIifQ',
  'a'.repeat(300),
];
const SEGMENTS = [
  'api',
  'apis',
  'v1',
  'apps',
  'namespaces',
  'default',
  'pods',
  'services',
  'deployments',
  'customresourcedefinitions',
  'status',
  'scale',
  'log',
  'eviction',
  'finalize',
  'watch',
  'openapi',
  'v2',
  'v3',
  '..',
  '%2e%2e',
  '%zz',
  '%00',
  '',
  '__proto__',
  'constructor',
];
const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  Number.MAX_VALUE,
  2 ** 53,
  '',
  'x',
  '10.0.0.1',
  'a'.repeat(5000),
  '\u0000',
  [],
  [null],
  [[]],
  {},
  { '': 1 },
  { $patch: 'replace' },
  { $patch: 'x' },
  { '$setElementOrder/ports': [{ port: 1 }] },
  { $retainKeys: ['type'] },
  { '$deleteFromPrimitiveList/finalizers': ['a'] },
  { 'f:spec': { 'k:{"a"': {} } },
  { constructor: { prototype: { polluted: 1 } } },
];

/** Some requests make a watch or a log that goes on: those are for other tests. */
function isEndless(path: string): boolean {
  return /[?&](watch|follow)|\/watch\/|\/(exec|attach|portforward|proxy|log)(\/|\?|$)/.test(path);
}

/** A request that a server must answer and survive. */
export function generateRequest(dice: Dice): HostileRequest {
  const recorded = dice.pick(RECORDED);
  const path = dice.once(4) ? generatePath(dice) : damagePath(dice, recorded.path);
  const body = generateBody(dice, recorded.body);
  const type = dice.once(5) ? dice.pick(TYPES) : (recorded.ct ?? '');
  const method = dice.once(4) ? dice.pick(METHODS) : recorded.method;
  return {
    // In a namespace that is being deleted nothing more could be made.
    method: method === 'DELETE' && /namespaces\/[^/]*$/.test(path) ? 'GET' : method,
    path: isEndless(path) ? '/api/v1/namespaces' : path,
    headers: {
      ...(type !== '' && { 'content-type': type }),
      accept: dice.once(3) ? dice.pick(ACCEPTS) : (recorded.accept ?? '*/*'),
    },
    body,
  };
}

function generatePath(dice: Dice): string {
  const start = dice.pick(['/api/v1', '/apis/apps/v1', '/apis', '', '/openapi']);
  const segments = dice.list(6, () => dice.pick(SEGMENTS));
  return withQuery(dice, [start, ...segments].join('/') || '/');
}

function damagePath(dice: Dice, path: string): string {
  const segments = path.split('/');
  if (dice.once(5)) segments[dice.between(1, segments.length - 1)] = dice.pick(SEGMENTS);
  return withQuery(dice, segments.join('/'));
}

function withQuery(dice: Dice, path: string): string {
  const words = dice.list(3, () => `${dice.pick(PARAMETERS)}=${encode(dice.pick(WORDS))}`);
  if (words.length === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${words.join('&')}`;
}

function encode(word: string): string {
  return encodeURIComponent(word.toWellFormed());
}

function generateBody(dice: Dice, recorded: unknown): Buffer {
  if (dice.once(12)) return dice.octets(dice.below(200));
  if (dice.once(12)) return Buffer.concat([Buffer.from('k8s\u0000'), generateProtobuf(dice, 3)]);
  if (dice.once(30)) return Buffer.from(`{"metadata":${'['.repeat(dice.below(20_000))}`);
  const value = damageValue(dice, recorded ?? dice.pick(ODD), dice.between(0, 3));
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return Buffer.from(dice.once(6) ? damageText(dice, text) : text);
}

/** Fields with numbers and lengths that are right more often than not. */
function generateProtobuf(dice: Dice, depth: number): Buffer {
  const fields = dice.list(5, () => {
    const number = dice.between(1, 12);
    if (depth === 0 || dice.once(3)) return Buffer.from([number * 8, dice.below(128)]);
    const inner = dice.once(2)
      ? generateProtobuf(dice, depth - 1)
      : Buffer.from(dice.pick(['v1', 'Pod', 'apps/v1', 'Deployment', 'a']));
    const length = dice.once(10) ? dice.below(128) : inner.length % 128;
    return Buffer.concat([Buffer.from([number * 8 + 2, length]), inner]);
  });
  return Buffer.concat(fields);
}

/** `value` with something odd in `places` places. */
function damageValue(dice: Dice, value: unknown, places: number): unknown {
  let damaged = value;
  for (let left = places; left > 0; left -= 1) damaged = damageOnce(dice, damaged);
  return damaged;
}

function damageOnce(dice: Dice, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || dice.once(6)) return dice.pick(ODD);
  if (Array.isArray(value)) {
    if (value.length === 0) return [dice.pick(ODD)];
    const at = dice.below(value.length);
    if (dice.once(4)) return [...value, value[at]];
    return value.map((item: unknown, index) => (index === at ? damageOnce(dice, item) : item));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return { [dice.pick(SEGMENTS)]: dice.pick(ODD) };
  const at = dice.below(entries.length);
  if (dice.once(8)) return Object.fromEntries(entries.toSpliced(at, 1));
  if (dice.once(8)) return { ...value, [dice.pick(WORDS)]: dice.pick(ODD) };
  return Object.fromEntries(
    entries.map(([key, item], index) => [key, index === at ? damageOnce(dice, item) : item]),
  );
}

const SIGNS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\n',
  ' ',
  '&a ',
  '*a',
  '!!',
  '\u0000',
  '1e999',
];

function damageText(dice: Dice, text: string): string {
  const at = dice.below(text.length + 1);
  return `${text.slice(0, at)}${dice.pick(SIGNS)}${text.slice(at + dice.below(3))}`;
}
