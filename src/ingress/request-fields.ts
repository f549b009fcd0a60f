import { passOn } from './end-to-end.ts';
import { fieldValue, ORIGINAL_FIELDS, TOLD_FIELDS, type HeaderFields } from './http1/index.ts';
import type { HeaderEdits, RoutePolicy, RouteRequest } from './route-policy.ts';
import { isInSources } from './source-list.ts';
import { expandVariables } from './variables.ts';

/** What the backend is told of the request's origin. */
export interface ForwardedFacts {
  readonly clientAddress: string;
  readonly scheme: 'http' | 'https';
  /** The port that clients asked, as they see it: 80, 443. */
  readonly port: number;
  /** Used where the client sent no X-Request-ID: 32 hexadecimal digits. */
  readonly requestId: string;
  /** The same as lines of a head, where they are kept for more than one request. */
  readonly told?: ToldLines;
}

export interface UpstreamFacts extends ForwardedFacts {
  readonly policy?: RoutePolicy;
  /** Path and query. @default as the client sent them */
  readonly target?: string;
  /** What only this request needs: headers of an auth server, of a client certificate. */
  readonly edits?: HeaderEdits;
}

/** What of a request's head the backend is told. */
export interface RequestFields {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly fields: HeaderFields;
}

/** The fields for the backend, names and values in turn, Host first; framing and Connection are the caller's. */
export function upstreamFields(head: RequestFields, facts: UpstreamFacts): string[] {
  const { policy } = facts;
  const isNginx = policy?.isNginx === true;
  const told = isNginx ? nginxFields(head, facts, policy) : plainFields(head, facts);
  const dropsUnderscores = isNginx && policy.forwarding?.isUnderscoreAllowed !== true;
  const dropsUser = policy?.basicAuth !== undefined;
  passOn(head.fields, (name, value, key) => {
    if (key === 'host' || TOLD_FIELDS.has(key) || (isNginx && ORIGINAL_FIELDS.has(key))) return;
    if ((dropsUnderscores && key.includes('_')) || (dropsUser && key === 'authorization')) return;
    told.push(name, value);
  });
  if (policy?.requestHeaders === undefined && facts.edits === undefined) return told;
  const expand = (value: string): string =>
    expandVariables(value, { request: requestOf(head, facts), requestId: facts.requestId });
  // What others say of this request is no text to expand.
  return editFields(editFields(told, policy?.requestHeaders, expand), facts.edits);
}

/** What is told of one client, as lines of a head; most ask for one host again and again. */
export class ToldLines {
  readonly #beforeHost: string;
  readonly #afterHost: string;
  #host: string | undefined;
  #lines = '';

  constructor({ clientAddress, scheme, port }: ClientOrigin) {
    this.#beforeHost = `\r\nX-Real-IP: ${clientAddress}\r\nX-Forwarded-For: ${clientAddress}\r\nX-Forwarded-Host: `;
    this.#afterHost = `\r\nX-Forwarded-Port: ${port}\r\nX-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Scheme: ${scheme}\r\nX-Scheme: ${scheme}\r\nX-Request-ID: `;
  }

  /** The fields of `plainFields` up to the request's ID. */
  upToId(host: string): string {
    if (host === this.#host) return this.#lines;
    this.#host = host;
    this.#lines = `Host: ${host}${this.#beforeHost}${host}${this.#afterHost}`;
    return this.#lines;
  }
}

type ClientOrigin = Pick<ForwardedFacts, 'clientAddress' | 'scheme' | 'port'>;

/** Removes, sets and adds fields. */
export function editFields(
  fields: string[],
  edits: HeaderEdits | undefined,
  expand: (value: string) => string = (value) => value,
): string[] {
  if (edits === undefined) return fields;
  const { remove = [], set = [], add = [] } = edits;
  const gone = new Set([...remove, ...set.map(([name]) => name)].map((name) => name.toLowerCase()));
  const kept: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (!gone.has(name.toLowerCase())) kept.push(name, fields[index + 1] ?? '');
  }
  for (const [name, value] of [...set, ...add]) {
    const expanded = expand(value);
    // nginx sends no header without a value.
    if (expanded !== '') kept.push(name, expanded);
  }
  return kept;
}

/**
 * Who asks, where X-Forwarded-For is believed: the last address in it that is no proxy's, else the first.
 *
 * @see ingress-nginx, use-forwarded-headers: every proxy is trusted unless proxy-real-ip-cidr says otherwise
 */
export function clientAddressOf(
  request: Pick<RouteRequest, 'fields' | 'clientAddress'>,
  policy: RoutePolicy | undefined,
): string {
  const { clientAddress } = request;
  if (policy?.forwarding?.isTrusted !== true) return clientAddress;
  const { proxies, forwardedFor } = policy.forwarding;
  if (proxies !== undefined && !isInSources(proxies, clientAddress)) return clientAddress;
  const listed = (fieldValue(request.fields, forwardedFor ?? FORWARDED_FOR) ?? '')
    .split(',')
    .map((part) => part.trim());
  const stranger =
    proxies === undefined
      ? undefined
      : listed.findLast((address) => !isInSources(proxies, address));
  const client = stranger ?? listed[0] ?? '';
  return client === '' ? clientAddress : client;
}

const FORWARDED_FOR = 'x-forwarded-for';

function plainFields(head: RequestFields, facts: ForwardedFacts): string[] {
  const { clientAddress, scheme, port, requestId } = facts;
  return [
    'Host',
    head.host,
    'X-Real-IP',
    clientAddress,
    'X-Forwarded-For',
    clientAddress,
    'X-Forwarded-Host',
    head.host,
    'X-Forwarded-Port',
    String(port),
    'X-Forwarded-Proto',
    scheme,
    'X-Forwarded-Scheme',
    scheme,
    'X-Scheme',
    scheme,
    'X-Request-ID',
    fieldValue(head.fields, 'x-request-id') ?? requestId,
  ];
}

/** As ingress-nginx tells: with what the client said of itself under other names, or believed. */
function nginxFields(head: RequestFields, facts: UpstreamFacts, policy: RoutePolicy): string[] {
  const { forwarding, upstreamHost, forwardedPrefix } = policy;
  const said = (name: string): string | undefined => fieldValue(head.fields, name);
  const believed = (name: string): string | undefined =>
    forwarding?.isTrusted === true ? said(name) : undefined;
  const host = believed('x-forwarded-host')?.split(',')[0]?.trim() ?? head.host;
  const proto = believed('x-forwarded-proto') ?? facts.scheme;
  const client = clientAddressOf(
    { fields: head.fields, clientAddress: facts.clientAddress },
    policy,
  );
  const expand = (text: string): string =>
    expandVariables(text, { request: requestOf(head, facts), requestId: facts.requestId });
  const fields = [
    'Host',
    upstreamHost === undefined ? host : expand(upstreamHost),
    ...requestIdOf(said('x-request-id'), facts.requestId, policy),
    'X-Real-IP',
    client,
    'X-Forwarded-For',
    forwardedForOf(client, believed(FORWARDED_FOR), facts),
    'X-Forwarded-Host',
    host,
    'X-Forwarded-Port',
    believed('x-forwarded-port') ?? String(facts.port),
    'X-Forwarded-Proto',
    proto,
    'X-Forwarded-Scheme',
    proto,
    'X-Scheme',
    proto,
  ];
  const original = (name: string, value: string | undefined): void => {
    if (value !== undefined) fields.push(name, value);
  };
  original('X-Original-Forwarded-For', said(forwarding?.forwardedFor ?? FORWARDED_FOR));
  original('X-Original-Forwarded-Host', said('x-forwarded-host'));
  original('X-Original-URI', forwarding?.isOriginalUriSent === true ? head.target : undefined);
  original('X-Forwarded-Prefix', forwardedPrefix ?? said('x-forwarded-prefix'));
  return fields;
}

/** The client, or all that was said with whoever said it. */
function forwardedForOf(
  client: string,
  before: string | undefined,
  { clientAddress, policy }: UpstreamFacts,
): string {
  const isAppended = policy?.forwarding?.isAppended === true;
  return isAppended && before !== undefined ? `${before}, ${clientAddress}` : client;
}

function requestIdOf(
  said: string | undefined,
  generated: string,
  { forwarding }: RoutePolicy,
): readonly string[] {
  if (said !== undefined) return ['X-Request-ID', said];
  return forwarding?.isRequestIdGenerated === false ? [] : ['X-Request-ID', generated];
}

function requestOf(head: RequestFields, facts: ForwardedFacts): RouteRequest {
  const { clientAddress, scheme, port } = facts;
  const { method, host, target, fields } = head;
  return { method, scheme, host, target, fields, clientAddress, port };
}
