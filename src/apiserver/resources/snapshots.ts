import { ApiError, type KubeObject } from '../../api/index.ts';

/** A list as it was at one revision, of which a client reads page after page. */
interface Snapshot {
  readonly objects: readonly KubeObject[];
  readonly revision: number;
}

/** Where a client goes on; @see apiserver `storage.EncodeContinue` */
interface ContinueToken {
  readonly v: 'meta.k8s.io/v1';
  readonly rv: number;
  /** Key of the first object of the next page: `namespace/name`. */
  readonly start: string;
}

/** What one page holds. */
export interface Page {
  readonly objects: readonly KubeObject[];
  readonly revision: number;
  /** Absent on the last page. */
  readonly continueToken?: string;
  readonly remaining: number;
}

/** How many lists may be paged through at the same time; the oldest is forgotten, as etcd compacts. */
const MAX_SNAPSHOTS = 256;

/**
 * Lists that clients read in pages: all pages of a list show it as it was at the first.
 *
 * Objects are shared with the store, so that a snapshot costs a pointer an object.
 */
export class Snapshots {
  readonly #byKey = new Map<string, Snapshot>();

  /** The first page of `objects`. @param scope what was listed: resource, namespace, selectors */
  first(scope: string, list: Snapshot, limit: number): Page {
    if (limit <= 0 || list.objects.length <= limit)
      return { objects: list.objects, revision: list.revision, remaining: 0 };
    this.#byKey.set(`${scope}@${list.revision}`, list);
    if (this.#byKey.size > MAX_SNAPSHOTS)
      for (const key of this.#byKey.keys()) {
        this.#byKey.delete(key);
        break;
      }
    return pageOf(list, 0, limit);
  }

  /** The page that `token` leads to. @throws ApiError BadRequest for a token that is none, Expired for an old one. */
  next(scope: string, token: string, limit: number): Page {
    const { rv, start } = readToken(token);
    const list = this.#byKey.get(`${scope}@${rv}`);
    if (list === undefined)
      throw new ApiError(
        'Expired',
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      );
    const at = list.objects.findIndex((object) => keyOf(object) >= start);
    if (at === -1) return { objects: [], revision: rv, remaining: 0 };
    return pageOf(list, at, limit <= 0 ? list.objects.length : limit);
  }
}

function pageOf({ objects, revision }: Snapshot, at: number, limit: number): Page {
  const next = objects[at + limit];
  return {
    objects: objects.slice(at, at + limit),
    revision,
    remaining: Math.max(0, objects.length - at - limit),
    ...(next !== undefined && {
      continueToken: writeToken({ v: 'meta.k8s.io/v1', rv: revision, start: keyOf(next) }),
    }),
  };
}

/** In the order in which the store lists. */
function keyOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}\u0000${name}`;
}

function writeToken(token: ContinueToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function readToken(text: string): ContinueToken {
  const json = Buffer.from(text, 'base64url').toString('latin1');
  const token = parsed(json);
  if (isToken(token)) {
    if (!token.start.split('/').includes('..')) return token;
    throw wrongToken(token.start);
  }
  const [first = ''] = json;
  const shown = /[ -~]/.test(first)
    ? first
    : `\\u${first.codePointAt(0)?.toString(16).padStart(4, '0') ?? '0000'}`;
  throw wrongToken(
    token === undefined
      ? `invalid character '${shown}' looking for beginning of value`
      : 'incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function wrongToken(why: string): ApiError {
  return new ApiError('BadRequest', `invalid continue token: continue key is not valid: ${why}`);
}

function isToken(value: unknown): value is ContinueToken {
  if (typeof value !== 'object' || value === null) return false;
  const { v, rv, start } = value as Partial<Record<keyof ContinueToken, unknown>>;
  return v === 'meta.k8s.io/v1' && Number.isSafeInteger(rv) && typeof start === 'string';
}
