/** What of two answers must be the same, and where they are not. */

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly warning: string;
  readonly text: string;
}

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const TIME = /\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const GENERATED = /\b(gen-|kube-api-access-|batch-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;
const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;
const CLUSTER_IP = /\b10\.96\.\d+\.\d+\b/g;
/** Versions in texts. */
const IN_RECORD = /(in record \(|current: )\d+/g;
/** What a patch left is shown whole, in an order of Go's own. */
const PATCHED = /(Invalid value: )"\{\\"(?:[^"\\]|\\.)*"(?=: )/g;
/** Clients show these addresses of the two servers. */
const OWN_ADDRESS = /\b127\.0\.0\.1:\d+/g;

/** Upstream shows how its own structs differ, which nobody else has. */
const STRUCT_DIFFERENCE =
  /((?:may not change fields other than|immutable after creation)(?:[^"\\]|\\[^n])*?)\\n@@(?:[^"\\]|\\.)*?\\n(?=[,\]"])/g;

/** Differences, empty where there is none. */
export function compare(theirs: Answer, ours: Answer): readonly string[] {
  // It panicked.
  if (theirs.status === 0) return [];
  const differences = formalDifferences(theirs, ours);
  const [their, our] = [read(theirs.text), read(ours.text)];
  if (theirs.status === ours.status) differences.push(...differencesOf(their, our, ''));
  else differences.push(`says: ${show(gist(their))} against ${show(gist(our))}`);
  return differences;
}

function formalDifferences(theirs: Answer, ours: Answer): string[] {
  const differences: string[] = [];
  if (theirs.status !== ours.status)
    differences.push(`status: ${theirs.status} against ${ours.status}`);
  if (theirs.contentType !== ours.contentType)
    differences.push(`content-type: ${theirs.contentType} against ${ours.contentType}`);
  if (theirs.warning !== ours.warning)
    differences.push(`warning: ${show(theirs.warning)} against ${show(ours.warning)}`);
  return differences;
}

/** Of a failure what it says, of anything else what it is. */
function gist(body: unknown): unknown {
  if (!isFields(body)) return body;
  return body['kind'] === 'Status' ? body['message'] : body['kind'];
}

/** What only the one server has is made the same. */
function read(text: string): unknown {
  const plain = text
    .replace(UUID, 'UID')
    .replace(TIME, 'TIME')
    .replace(GENERATED, '$1XXXXX')
    .replace(TOKEN, 'TOKEN')
    .replace(CLUSTER_IP, 'CLUSTERIP')
    .replace(IN_RECORD, '$1RV')
    .replace(OWN_ADDRESS, 'ADDRESS')
    .replace(STRUCT_DIFFERENCE, '$1');
  try {
    // A stream has an object a line.
    const lines = plain.split('\n').filter((line) => line !== '');
    if (lines.length > 1 && lines.every((line) => line.startsWith('{"')))
      return lines.map((line): unknown => JSON.parse(line, likeAny));
    return JSON.parse(plain, likeAny);
  } catch {
    return plain;
  }
}

/** Times of their own, texts that are not copied here, and what the one server made for itself. */
function likeAny(key: string, value: unknown): unknown {
  if (key === 'resourceVersion') return value === '' ? '' : 'RV';
  if (key === 'serverAddress') return 'ADDRESS';
  if (key === 'message' && typeof value === 'string') return plainMessage(value);
  const known = Array.isArray(value) ? LISTS[key] : undefined;
  return known === undefined || !Array.isArray(value) ? value : known(value);
}

/** Lists by their names; undefined where nothing is left of one. */
const LISTS: Readonly<Record<string, (list: readonly unknown[]) => unknown>> = {
  causes: causesOf,
  managedFields: managersOf,
  columnDefinitions: (list) =>
    list.map((column) => (isFields(column) ? { ...column, description: '' } : column)),
  cells: (list) => list.map((cell) => (typeof cell === 'string' && AGE.test(cell) ? 'AGE' : cell)),
};

/** Go walks its maps in no order, and a patch that fails is shown in one of its own. */
function plainMessage(text: string): string {
  const lines = text.replace(PATCHED, '$1OBJECT').split('\n');
  const at = lines.findIndex((line) => line.endsWith(' errors:'));
  return at === -1
    ? lines.join('\n')
    : [...lines.slice(0, at + 1), ...lines.slice(at + 1).toSorted()].join('\n');
}

/** Of conflicts the managers come in no order. */
function causesOf(causes: readonly unknown[]): readonly unknown[] {
  const isConflict = (cause: unknown): boolean =>
    isFields(cause) && cause['reason'] === 'FieldManagerConflict';
  if (!causes.every(isConflict)) return causes;
  return causes.map((cause) => JSON.stringify(cause)).toSorted();
}

/** Between two requests of one second nobody knows which was first; kube-apiserver has managers of its own. */
function managersOf(entries: readonly unknown[]): readonly unknown[] | undefined {
  const others = entries.filter(
    (entry) => !isFields(entry) || entry['manager'] !== 'kube-apiserver',
  );
  const idOf = (entry: unknown): string =>
    isFields(entry) ? JSON.stringify(MANAGER.map((key) => entry[key])) : '';
  return others.length === 0
    ? undefined
    : others.toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
}

const MANAGER = ['operation', 'manager', 'apiVersion', 'subresource'];
const AGE = /^\d+(s|m|m\d+s|h)$/;

/** Each place where two values differ. */
function* differencesOf(theirs: unknown, ours: unknown, path: string): Generator<string> {
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length) {
    for (const [index, item] of theirs.entries())
      yield* differencesOf(item, ours[index], `${path}[${index}]`);
  } else if (isFields(theirs) && isFields(ours)) {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)]))
      yield* differencesOf(theirs[key], ours[key], `${path}.${key}`);
  } else if (theirs !== ours && show(theirs) !== show(ours)) {
    yield `${path}: ${show(theirs)} against ${show(ours)}`;
  }
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 1500 ? `${text.slice(0, 1500)}…` : text;
}
