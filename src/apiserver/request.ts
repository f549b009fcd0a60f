import type { IncomingHttpHeaders } from 'node:http';

/** Who asks, as `authentication.k8s.io/v1 UserInfo` names them. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  /** Who asks to be this one; absent for themselves. */
  readonly impersonator?: User;
  /** The groups that they asked to be in. */
  readonly impersonatedGroups?: readonly string[];
}

/** One request, read whole. */
export interface ApiRequest {
  readonly method: string;
  /** As sent, percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly user: User;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** Frames that are written one after the other until `end`. */
export interface StreamSink {
  /** Resolves when the client takes more; undefined where it does already. */
  write(chunk: string | Buffer): Promise<void> | undefined;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** What goes back: an object of the API in the form that was negotiated, plain bytes, or a stream. */
export type ApiResponse = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Texts of `Warning: 299` headers. */
  readonly warnings?: readonly string[];
} & (
  | { readonly kind: 'object'; readonly object: object }
  | { readonly kind: 'bytes'; readonly contentType: string; readonly bytes: string | Buffer }
  | {
      readonly kind: 'stream';
      readonly contentType: string;
      /** Writes the body; the response ends when it resolves. */
      readonly run: (sink: StreamSink) => Promise<void>;
    }
);

/** A request's target as its path and its query, as they were sent: nothing is resolved or decoded. */
export function splitTarget(target: string): readonly [path: string, query: string] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** The client's name as managed fields have it: the parameter `fieldManager`, else the agent up to its version. */
export function fieldManagerOf({ query, headers }: Pick<ApiRequest, 'query' | 'headers'>): string {
  const given = query.get('fieldManager');
  if (given !== null && given !== '') return given;
  const agent = headers['user-agent'] ?? '';
  return agent.split('/', 1)[0] ?? '';
}

/** A plain answer. */
export function textResponse(status: number, text: string): ApiResponse {
  return { status, kind: 'bytes', contentType: 'text/plain; charset=utf-8', bytes: text };
}
