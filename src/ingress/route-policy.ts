import type { Step } from '../observe/index.ts';
import type { Route, RouteBackend } from './route-table.ts';

/**
 * What a route asks beyond its backend: plain data, whatever object said so. An absent field means the default that the
 * comment names.
 *
 * `routeRequest` (pure) carries out what needs the head alone: redirects, rewriting, source lists, CORS preflight, the
 * canary. The data path carries out what needs sockets or time: time-outs, retries, limits, subrequests, mirrors.
 */
export interface RoutePolicy {
  /** Carried out by `routeRequest`. */
  readonly redirect?: RouteRedirect;
  /** Carried out by `routeRequest`. */
  readonly rewrite?: RouteRewrite;
  /** Where `/` of the host leads with 302. Carried out by `routeRequest`. */
  readonly appRoot?: string;
  /** Carried out by `routeRequest`. */
  readonly sslRedirect?: SslRedirect;
  /** @default connect 5 s, send 60 s, read 60 s */
  readonly timeouts?: Timeouts;
  /** @default error and timeout, 3 tries, no time limit, idempotent methods only */
  readonly retry?: RetryPolicy;
  /** A longer request body is answered 413; 0 for no limit. @default 0 */
  readonly bodyLimitBytes?: number;
  /** A backend's response head longer than this is answered 502. */
  readonly responseHeadLimitBytes?: number;
  /** Of the request that goes to the backend, after the proxy's own; values may hold nginx variables (`expandVariables`). */
  readonly requestHeaders?: HeaderEdits;
  /** Of the response that goes to the client. */
  readonly responseHeaders?: HeaderEdits;
  /** Preflight is answered by `routeRequest`; `corsHeaders` gives what an ordinary answer gets. */
  readonly cors?: CorsPolicy;
  /** Checked by `checkBasicAuth`, which the data path calls before it forwards. */
  readonly basicAuth?: BasicAuth;
  /** A subrequest before the request is forwarded. */
  readonly externalAuth?: ExternalAuth;
  /** `any`: an allowed source or an authorised user suffices. @default 'all' */
  readonly satisfy?: 'all' | 'any';
  /** Answered 403 by `routeRequest`, before anything else. */
  readonly blocked?: BlockedClients;
  /** CIDRs; others are answered 403 by `routeRequest`. */
  readonly allowSources?: readonly string[];
  /** CIDRs that are answered 403 by `routeRequest`, before `allowSources`. */
  readonly denySources?: readonly string[];
  readonly rateLimit?: RateLimit;
  /** @default as fast as the client takes it */
  readonly responseRate?: ResponseRate;
  /** @default 'round_robin' */
  readonly balance?: Balance;
  readonly affinity?: CookieAffinity;
  /** Host header to the backend; may hold nginx variables. @default as the client sent it */
  readonly upstreamHost?: string;
  /** AUTO_HTTP: as the client spoke. @default 'HTTP' */
  readonly upstreamProtocol?: UpstreamProtocol;
  /** For HTTPS and GRPCS. @default nothing verified, no SNI, no client certificate */
  readonly upstreamTls?: UpstreamTls;
  /** Of the whole host: what is asked of clients of TLS. */
  readonly clientTls?: ClientTls;
  readonly mirror?: MirrorPolicy;
  readonly customErrors?: CustomErrors;
  /** Value of Connection to the backend. @default none, or `upgrade` */
  readonly connectionHeader?: string;
  /** Rewrites of the backend's Location and Refresh. */
  readonly proxyRedirect?: Replacement;
  /** Rewrites of Set-Cookie's Domain. */
  readonly cookieDomain?: Replacement;
  /** Rewrites of Set-Cookie's Path. */
  readonly cookiePath?: Replacement;
  /** Connect to the Service's ClusterIP, not to an endpoint of the ingress' choice. @default false */
  readonly isServiceUpstream?: boolean;
  /** @default true */
  readonly isAccessLogged?: boolean;
  /** Strict-Transport-Security on answers over TLS. @default none */
  readonly hsts?: string;
  /** X-Forwarded-Prefix to the backend. */
  readonly forwardedPrefix?: string;
  /** @default the client's own X-Forwarded-* are replaced, all headers pass */
  readonly forwarding?: ForwardingPolicy;
  /** Of the routes of ingress-nginx: answers look as nginx writes them. @default false */
  readonly isNginx?: boolean;
}

/** Clients that no server of ingress-nginx serves. @see ingress-nginx, block-user-agents, block-referers */
export interface BlockedClients {
  readonly userAgents: readonly RegExp[];
  readonly referers: readonly RegExp[];
}

/** What is believed and told of who asks. @see ingress-nginx, use-forwarded-headers and its neighbours */
export interface ForwardingPolicy {
  /** The client's X-Forwarded-* are believed. */
  readonly isTrusted: boolean;
  /** X-Forwarded-For gets the client's address appended. */
  readonly isAppended: boolean;
  /** Headers with `_` in their name pass. */
  readonly isUnderscoreAllowed: boolean;
  /** A request without X-Request-ID gets one. */
  readonly isRequestIdGenerated: boolean;
  readonly isOriginalUriSent: boolean;
  /** CIDRs of proxies that are believed. @default all */
  readonly proxies?: readonly string[];
  /** The field with the client's address, lower-case. @default 'x-forwarded-for' */
  readonly forwardedFor?: string;
}

/** A redirect that answers every request of the route. */
export interface RouteRedirect {
  readonly status: number;
  /** As written; may hold nginx variables. A path is made absolute unless `isRelative`. */
  readonly location: string;
  readonly isRelative?: boolean;
  /** What asks for it, without its prefix. */
  readonly annotation?: string;
}

export interface RouteRewrite {
  /** Of the path, normalised. */
  readonly regex: RegExp;
  /** `$1` … are the captures. */
  readonly replacement: string;
}

export interface SslRedirect {
  /** @default 308 */
  readonly status: number;
  /** Whether a `/` at the end of the path is kept in the Location. */
  readonly isTrailingSlashKept: boolean;
  /** The client's X-Forwarded-Proto is believed. */
  readonly isForwardedTrusted: boolean;
}

export interface Timeouts {
  readonly connectMs: number;
  /** Between two writes to the backend. */
  readonly sendMs: number;
  /** Between two reads from the backend; of an upgraded connection too. */
  readonly readMs: number;
}

/** @see nginx, proxy_next_upstream */
export type RetryCondition =
  | 'error'
  | 'timeout'
  | 'invalid_header'
  | `http_${number}`
  | 'non_idempotent';

export interface RetryPolicy {
  readonly conditions: readonly RetryCondition[];
  /** In all, the first included; 0 for no limit. */
  readonly tries: number;
  /** For all tries together; 0 for no limit. */
  readonly timeoutMs: number;
  /** Whether POST, LOCK and PATCH are retried too. */
  readonly isNonIdempotentRetried: boolean;
}

/** In this order: remove, set (replaces), add. Names as written; compare them without case. */
export interface HeaderEdits {
  readonly remove?: readonly string[];
  readonly set?: readonly (readonly [name: string, value: string])[];
  readonly add?: readonly (readonly [name: string, value: string])[];
}

export interface CorsPolicy {
  /** `*`, origins, or origins with one label for a star (`https://*.example.org`). */
  readonly allowOrigins: readonly string[];
  readonly allowMethods: string;
  readonly allowHeaders: string;
  readonly isCredentialsAllowed: boolean;
  readonly exposeHeaders?: string;
  readonly maxAgeSeconds: number;
}

export interface BasicAuth {
  readonly realm: string;
  /** Hash by user, as htpasswd writes it. */
  readonly users: ReadonlyMap<string, string>;
  /** @default 'basic' */
  readonly scheme?: 'basic' | 'digest';
}

export interface ExternalAuth {
  /** May hold nginx variables. */
  readonly url: string;
  /** @default 'GET' */
  readonly method?: string;
  /** Headers copied from its answer to the request for the backend; the client's own values go. */
  readonly responseHeaders?: readonly string[];
  /** On 401 the client is redirected here; may hold nginx variables. */
  readonly signin?: string;
  /** The parameter that carries the original URL to `signin`. @default 'rd' */
  readonly signinRedirectParam?: string;
  /** Extra headers of the subrequest; values may hold nginx variables. */
  readonly requestHeaders?: readonly (readonly [name: string, value: string])[];
  /** X-Auth-Request-Redirect; may hold nginx variables. @default '$request_uri' */
  readonly requestRedirect?: string;
  /** Pass its Set-Cookie on error answers too. @default false */
  readonly isCookieAlwaysSet?: boolean;
  readonly cache?: AuthCache;
}

export interface AuthCache {
  /** May hold nginx variables. */
  readonly key: string;
  /** `any` for every status. */
  readonly durations: readonly {
    readonly statuses: readonly (number | 'any')[];
    readonly durationMs: number;
  }[];
}

/** Each is per client address; absent for no limit. */
export interface RateLimit {
  /** Tells the buckets of one Ingress from those of another: `<namespace>_<name>`. */
  readonly zone: string;
  readonly requestsPerSecond?: number;
  readonly requestsPerMinute?: number;
  /** Requests at once. */
  readonly connections?: number;
  /** The bucket is the limit times this, without delay. */
  readonly burstMultiplier: number;
  /** CIDRs without a limit. */
  readonly allowSources: readonly string[];
  /** @default 503 */
  readonly requestsStatus: number;
  /** @default 503 */
  readonly connectionsStatus: number;
}

/** How fast a response goes to the client. */
export interface ResponseRate {
  readonly bytesPerSecond: number;
  /** Come before the rate counts. */
  readonly freeBytes: number;
}

export type Balance =
  | 'round_robin'
  | 'ewma'
  | 'least_conn'
  | {
      /** Consistent hash of this text, in which nginx variables are expanded. */
      readonly hashBy: string;
      /** Hash to a group of so many endpoints, a random one of it serves. */
      readonly subsetSize?: number;
    };

export interface CookieAffinity {
  readonly name: string;
  readonly path: string;
  readonly domain?: string;
  /** Seconds from now. */
  readonly expiresSeconds?: number;
  readonly maxAgeSeconds?: number;
  readonly sameSite?: 'None' | 'Lax' | 'Strict';
  /** Leave SameSite=None out for user agents that mistake it. */
  readonly isSameSiteNoneConditional?: boolean;
  /** @default over https only */
  readonly isSecure?: boolean;
  /** `persistent` keeps a session at its endpoint for as long as that lives. @default 'balanced' */
  readonly mode: 'balanced' | 'persistent';
  readonly isChangedOnFailure: boolean;
}

export type UpstreamProtocol = 'HTTP' | 'HTTPS' | 'AUTO_HTTP' | 'GRPC' | 'GRPCS' | 'FCGI';

export interface UpstreamTls {
  readonly isVerified: boolean;
  /** PEM. */
  readonly ca?: string;
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
  /** The name that is verified, and sent as SNI where `isServerNameSent`. @default the Host header */
  readonly serverName?: string;
  readonly isServerNameSent: boolean;
}

export interface ClientTls {
  readonly verify: 'on' | 'off' | 'optional' | 'optional_no_ca';
  /** PEM of the authorities; absent where their Secret cannot be read: every request is answered 403. */
  readonly ca?: string;
  /** Redirect here in place of 400. */
  readonly errorPage?: string;
  readonly isCertificatePassed: boolean;
  /** The subject's CN must match, or 403. */
  readonly matchCommonName?: RegExp;
}

export interface MirrorPolicy {
  /** May hold nginx variables. */
  readonly target: string;
  /** @default the target's host */
  readonly host?: string;
  readonly isBodySent: boolean;
}

export interface CustomErrors {
  /** Answers of the backend with these statuses are replaced by a page that another backend makes. */
  readonly statuses: readonly number[];
  /** The first of these that has an endpoint makes the page; without any it is a 404. */
  readonly backends: readonly RouteBackend[];
}

/** Either text to find, or what it is matched with (`~`), and what stands in its place. */
export interface Replacement {
  readonly from: string | RegExp;
  readonly to: string;
}

/** What the head of a request says, for routing. */
export interface RouteRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** The Host header or `:authority`; '' for none. */
  readonly host: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Names and values in turn, as sent. */
  readonly fields: readonly string[];
  readonly clientAddress: string;
  /** The port that the client asked, as it sees it: 80, 443. */
  readonly port: number;
}

/** An answer that needs no backend. */
export interface RouteAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/**
 * What routing says of a request, and all that the data path needs to carry it out.
 *
 * The data path, in this order: an `answer` is sent (with `responseEdits`); else client certificate, `basicAuth` and
 * `externalAuth`, rate limits, body limit, mirror, then the endpoints of `backend` in the order that `affinity` and
 * `balance` say, with `upstreamFields` as the head and `responseEdits` on the response. Where `backend` has no endpoint
 * and `fallback` is set, the request goes there with the fields of `errorFields`; else 503.
 */
export type RoutedRequest =
  | ForwardedRequest
  | {
      readonly kind: 'answer';
      readonly answer: RouteAnswer;
      /** Absent where no rule took the request. */
      readonly route?: Route;
      readonly policy: RoutePolicy;
      readonly steps: readonly Step[];
    };

/** A request that goes on to a backend. */
export interface ForwardedRequest {
  readonly kind: 'forward';
  readonly route: Route;
  readonly policy: RoutePolicy;
  readonly backend: RouteBackend;
  /** Chosen by canary rules in place of the main backend. */
  readonly isCanary: boolean;
  /** Path and query for the backend. */
  readonly target: string;
  /** Where requests go that `backend` cannot serve for want of endpoints. */
  readonly fallback?: RouteBackend | undefined;
  readonly steps: readonly Step[];
}
