/**
 * Plays requests that a real kube-apiserver was recorded with against the API server, over TLS and in their order, and
 * compares what comes back: status, type, warnings and body.
 *
 * The recorded server had no controllers beside it, so this one has none either.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { createFakeClock } from '../../../../src/observe/index.ts';
import type { CaseResult } from '../../area.ts';
import { startTestServer, type TestServer } from '../../../apiserver/test-server.ts';
import { ask, type Answer } from '../../../apiserver/ask.ts';

interface Recording {
  readonly name: string;
  readonly req: {
    readonly method: string;
    readonly path: string;
    readonly ct?: string;
    readonly accept?: string;
    readonly body?: unknown;
  };
  readonly res: {
    readonly status: number;
    readonly ct?: string;
    readonly warning?: string;
    readonly body?: unknown;
  };
}

/** What the recorder called itself: it is the manager of the fields that it wrote. */
const USER_AGENT = 'golden';

/** Plays a file of recordings, one JSON object a line. */
export async function* playRecordings(file: string): AsyncIterable<CaseResult> {
  const lines = readFileSync(file, 'utf8').split('\n');
  // Managers are told apart by the second of their writes: all of them fall into one, as in the recording.
  await using server = await startTestServer({ clock: createFakeClock(Date.now()) });
  for (const line of lines.filter((text) => text !== '')) {
    const recording = JSON.parse(line) as Recording;
    yield await play(recording, server);
  }
}

async function play({ name, req, res }: Recording, server: TestServer): Promise<CaseResult> {
  const answer = await ask(server, {
    method: req.method,
    path: req.path,
    headers: {
      'user-agent': USER_AGENT,
      ...(req.ct !== undefined && req.ct !== '' && { 'content-type': req.ct }),
      ...(req.accept !== undefined && { accept: req.accept }),
    },
    ...(req.body !== undefined && { body: JSON.stringify(req.body) }),
  });
  const expected = steadyAnswer({ ...res, warning: res.warning ?? '', body: res.body });
  const actual = steadyAnswer(shownOf(answer));
  const ok = isDeepStrictEqual(expected, actual);
  return ok
    ? { id: name, title: name, ok }
    : { id: name, title: name, ok, ...difference(expected, actual) };
}

interface Shown {
  readonly status: number;
  readonly ct?: string;
  readonly warning: string;
  readonly body?: unknown;
}

function shownOf({ status, headers, text }: Answer): Shown {
  const type = headers['content-type'];
  return {
    status,
    ...(type !== undefined && { ct: type }),
    warning: headers['warning'] ?? '',
    body: type?.startsWith('application/json') === true ? (JSON.parse(text) as unknown) : text,
  };
}

function steadyAnswer({ status, ct = '', warning, body }: Shown): Shown {
  return { status, ct, warning, body: steady(body, '') };
}

/** Names of fields that differ from run to run. */
const VARYING: Readonly<Record<string, (value: unknown) => unknown>> = {
  uid: (value) => (typeof value === 'string' ? 'UID' : value),
  resourceVersion: (value) => (typeof value === 'string' ? 'VERSION' : value),
  creationTimestamp: timeOf,
  deletionTimestamp: timeOf,
  time: timeOf,
  clusterIP: addressOf,
  nodePort: () => 'PORT',
  healthCheckNodePort: () => 'PORT',
  'batch.kubernetes.io/controller-uid': () => 'UID',
  'controller-uid': () => 'UID',
  // The API's texts are not part of the data.
  description: () => '',
};

function timeOf(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/\d/g, '0') : value;
}

function addressOf(value: unknown): unknown {
  return typeof value === 'string' && /^[\d.]+$|:/.test(value) ? 'ADDRESS' : value;
}

const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

function steady(value: unknown, path: string): unknown {
  // What follows is a diff of Go structs.
  if (typeof value === 'string') return value.replaceAll(UUID, 'UID').replace(/\n@@[^]*$/, '');
  if (Array.isArray(value)) return value.map((item) => steadyItem(item, path));
  if (typeof value !== 'object' || value === null) return value;
  if (path === 'rows') return steadyRow(value);
  const { generateName } = value as { readonly generateName?: unknown };
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      if (key === 'name' && typeof generateName === 'string') return [key, generateName];
      const own = VARYING[key];
      return [key, own === undefined ? steady(field, key) : own(field)];
    }),
  );
}

interface Row {
  readonly cells?: readonly unknown[];
  readonly object?: {
    readonly metadata?: { readonly generateName?: string; readonly name?: string };
  };
}

/** The name in a row's cells may be a generated one. */
function steadyRow(row: Row): unknown {
  const { generateName, name } = row.object?.metadata ?? {};
  const cells = (row.cells ?? []).map((cell) =>
    generateName !== undefined && cell === name ? generateName : cell,
  );
  return steady({ ...row, cells }, 'row');
}

/** Cells of a Table hold ages, addresses and ports. */
function steadyItem(item: unknown, path: string): unknown {
  if (path === 'clusterIPs') return addressOf(item);
  if (path !== 'cells' || typeof item !== 'string') return steady(item, path);
  return item
    .replace(/^\d+[smhdy](\d+[smhdy])?$/, 'AGE')
    .replace(/\(\d+[smhdy](\d+[smhdy])? ago\)$/, '(AGE ago)')
    .replaceAll(/\b10\.96\.\d+\.\d+\b/g, 'ADDRESS')
    .replaceAll(/:3\d{4}\//g, ':PORT/');
}

/** The places where two values differ, so that a failure can be read. */
function difference(expected: unknown, actual: unknown): Pick<CaseResult, 'expected' | 'actual'> {
  const [left, right]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  collect({ expected, actual, path: '' }, { left, right });
  return { expected: left, actual: right };
}

interface Pair {
  readonly expected: unknown;
  readonly actual: unknown;
  readonly path: string;
}

interface Found {
  readonly left: Record<string, unknown>;
  readonly right: Record<string, unknown>;
}

function collect({ expected, actual, path }: Pair, found: Found): void {
  if (isDeepStrictEqual(expected, actual)) return;
  const areObjects = [expected, actual].every((side) => typeof side === 'object' && side !== null);
  if (!areObjects || Array.isArray(expected) !== Array.isArray(actual)) {
    found.left[path] = expected;
    found.right[path] = actual;
    return;
  }
  const [before, after] = [expected, actual] as [Record<string, unknown>, Record<string, unknown>];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
    collect({ expected: before[key], actual: after[key], path: `${path}.${key}` }, found);
}
