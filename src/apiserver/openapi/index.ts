/** OpenAPI v3 of what is served: what kubectl needs to validate on the server's side, to patch and to explain. */
import { createHash } from 'node:crypto';
import type { KindRegistry } from '../../api/index.ts';
import type { ApiContext } from '../context.ts';
import { groupsOf, versionsInGroup } from '../discovery/groups.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { groupVersionDocument } from './document.ts';

/** One document: where it is, and what it is a document of. */
interface Entry {
  readonly path: string;
  readonly group: string;
  readonly version: string;
}

/** Answers `/openapi/v3` and what is below; undefined for what is not there. */
export function serveOpenApi(request: ApiRequest, { kinds }: ApiContext): ApiResponse | undefined {
  if (request.path === '/openapi/v3') return answer(request, JSON.stringify(rootOf(kinds)));
  const entry = entriesOf(kinds).find(({ path }) => request.path === `/openapi/v3/${path}`);
  return entry === undefined ? undefined : answer(request, textOf(kinds, entry));
}

/** The documents' texts by the definitions they were made of. */
const texts = new WeakMap<object, Map<string, string>>();

function textOf(kinds: KindRegistry, { path, group, version }: Entry): string {
  const definitions = kinds
    .all()
    .filter((definition) => definition.group === group && definition.versions.includes(version));
  // A definition that changes is another object.
  const [first] = definitions.toReversed();
  if (first === undefined) return '{}';
  const known = texts.get(first)?.get(path);
  if (known !== undefined) return known;
  const text = JSON.stringify(groupVersionDocument(definitions, { group, version }));
  const byPath = texts.get(first) ?? new Map<string, string>();
  texts.set(first, byPath.set(path, text));
  return text;
}

function entriesOf(kinds: KindRegistry): readonly Entry[] {
  return groupsOf(kinds).flatMap((group) =>
    versionsInGroup(group).map((version) => ({
      path: group.name === '' ? `api/${version}` : `apis/${group.name}/${version}`,
      group: group.name,
      version,
    })),
  );
}

function rootOf(kinds: KindRegistry): object {
  const paths = entriesOf(kinds).map((entry) => [
    entry.path,
    { serverRelativeURL: `/openapi/v3/${entry.path}?hash=${hashOf(textOf(kinds, entry))}` },
  ]);
  return { paths: Object.fromEntries(paths) as object };
}

function hashOf(text: string): string {
  return createHash('sha512').update(text).digest('hex').toUpperCase();
}

function answer({ headers, query }: ApiRequest, text: string): ApiResponse {
  const etag = `"${hashOf(text)}"`;
  // A document that is asked for by its hash never changes.
  const cached = query.has('hash') ? { 'Cache-Control': 'public, immutable' } : {};
  const common = { ETag: etag, ...cached };
  if (headers['if-none-match'] === etag)
    return { status: 304, kind: 'bytes', contentType: '', bytes: '', headers: common };
  return {
    status: 200,
    kind: 'bytes',
    contentType: 'application/json',
    bytes: text,
    headers: common,
  };
}
