/** OpenAPI of what is served: what kubectl needs to validate, to patch and to explain. */
import { createHash } from 'node:crypto';
import { ApiError, type KindDefinition, type KindRegistry } from '../../api/index.ts';
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

/** Answers `/openapi/v3` and what is below, and `/openapi/v2`; undefined for what is not there. */
export async function serveOpenApi(
  request: ApiRequest,
  { kinds }: ApiContext,
): Promise<ApiResponse | undefined> {
  if (request.path === '/openapi/v2') return answerV2(request, kinds);
  if (request.path === '/openapi/v3') return answer(request, JSON.stringify(rootOf(kinds)));
  const entry = entriesOf(kinds).find(({ path }) => request.path === `/openapi/v3/${path}`);
  return entry === undefined ? undefined : answer(request, textOf(kinds, entry));
}

/** A document, and the definitions that it was made of: one that changes is another object. */
interface Made<T> {
  readonly definitions: readonly KindDefinition[];
  readonly document: T;
}

const texts = new WeakMap<KindRegistry, Map<string, Made<string>>>();
const versionTwo = new WeakMap<KindRegistry, Made<Buffer>>();

function textOf(kinds: KindRegistry, { path, group, version }: Entry): string {
  const definitions = kinds
    .all()
    .filter((definition) => definition.group === group && definition.versions.includes(version));
  const byPath = texts.get(kinds) ?? new Map<string, Made<string>>();
  const known = byPath.get(path);
  if (known !== undefined && isSame(known.definitions, definitions)) return known.document;
  const document = JSON.stringify(groupVersionDocument(definitions, { group, version }));
  texts.set(kinds, byPath.set(path, { definitions, document }));
  return document;
}

function isSame(left: readonly KindDefinition[], right: readonly KindDefinition[]): boolean {
  return left.length === right.length && left.every((one, index) => one === right[index]);
}

/** In the one form that kubectl up to 1.28 takes; nobody else asks for version 2. */
const V2_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

async function answerV2(request: ApiRequest, kinds: KindRegistry): Promise<ApiResponse> {
  const accept = request.headers.accept ?? '*/*';
  if (!/proto-openapi\.spec\.v2|\*\/\*/.test(accept))
    throw new ApiError('NotAcceptable', `only the following media types are accepted: ${V2_TYPE}`);
  const definitions = kinds.all();
  let known = versionTwo.get(kinds);
  if (known === undefined || !isSame(known.definitions, definitions)) {
    const { openApiV2 } = await import('./v2-document.ts');
    known = { definitions, document: openApiV2(kinds) };
    versionTwo.set(kinds, known);
  }
  return { status: 200, kind: 'bytes', contentType: V2_TYPE, bytes: known.document };
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
