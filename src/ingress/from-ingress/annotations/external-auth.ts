import type { AuthCache, ExternalAuth } from '../../route-policy.ts';
import {
  isBoolean,
  isHeaderList,
  isInteger,
  isPlain,
  isPlainList,
  isUrlWithVariables,
  isVariables,
  oneOf,
} from './accepts.ts';
import type { Annotation, AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'connect', 'options', 'trace'];

const asking: readonly Annotation[] = [
  {
    name: 'auth-url',
    risk: 'High',
    accepts: isUrlWithVariables,
    effect: 'asks this URL first: 2xx lets pass, 401 and 403 are passed on, all else is 500',
  },
  {
    name: 'auth-method',
    risk: 'Low',
    accepts: oneOf(...METHODS),
    effect: 'the method of that request',
  },
  {
    name: 'auth-proxy-set-headers',
    risk: 'Medium',
    accepts: isPlain,
    effect: 'a ConfigMap of its headers',
  },
  {
    name: 'auth-request-redirect',
    risk: 'Medium',
    accepts: isUrlWithVariables,
    effect: 'its X-Auth-Request-Redirect',
  },
  {
    name: 'auth-cache-key',
    risk: 'Medium',
    accepts: isVariables,
    effect: 'answers are kept by this text',
  },
  {
    name: 'auth-cache-duration',
    risk: 'Medium',
    accepts: isPlainList,
    effect: 'which answers, and for how long',
  },
];

const answering: readonly Annotation[] = [
  {
    name: 'auth-signin',
    risk: 'High',
    accepts: isUrlWithVariables,
    effect: 'redirects there on 401',
  },
  {
    name: 'auth-signin-redirect-param',
    risk: 'Medium',
    accepts: isPlain,
    effect: 'the parameter with the URL that was asked',
  },
  {
    name: 'auth-response-headers',
    risk: 'Medium',
    accepts: isHeaderList,
    effect: 'headers of the answer that go to the backend',
  },
  {
    name: 'auth-always-set-cookie',
    risk: 'Low',
    accepts: isBoolean,
    effect: "passes the answer's Set-Cookie on errors too",
  },
  {
    name: 'enable-global-auth',
    risk: 'Low',
    accepts: isBoolean,
    effect: 'false exempts from global-auth-url',
  },
];

/** A server that is asked whether a request may pass. */
export const externalAuth: AnnotationGroup = {
  name: 'ExternalAuth',
  annotations: [
    ...asking,
    ...answering,
    ...['auth-keepalive', 'auth-keepalive-requests', 'auth-keepalive-timeout'].map(
      (name): Annotation => keepalive(name, isInteger),
    ),
    keepalive('auth-keepalive-share-vars', isBoolean),
  ],
  read,
};

function keepalive(name: string, accepts: Annotation['accepts']): Annotation {
  return {
    name,
    risk: 'Low',
    accepts,
    support: 'ignored',
    effect: 'connections to the server are always kept',
  };
}

function read(reader: AnnotationReader): IngressSettings {
  const own = readOwn(reader);
  if (own !== undefined) return { policy: { externalAuth: own }, isGlobalAuthExempt: true };
  return { isGlobalAuthExempt: reader.flag('enable-global-auth') === false };
}

function readOwn(reader: AnnotationReader): ExternalAuth | undefined {
  const problems = reader.notes.length;
  const url = reader.text('auth-url');
  if (reader.notes.length > problems || (url !== undefined && !hasHost(url))) {
    reader.deny('auth-url', 'auth-url is no URL');
    return undefined;
  }
  if (url === undefined) return undefined;
  const cache = readCache(reader);
  return compileExternalAuth({
    url,
    method: reader.text('auth-method')?.toUpperCase(),
    responseHeaders: reader.text('auth-response-headers'),
    signin: reader.text('auth-signin'),
    signinRedirectParam: reader.text('auth-signin-redirect-param'),
    requestRedirect: reader.text('auth-request-redirect'),
    requestHeaders: readHeaders(reader),
    isCookieAlwaysSet: reader.flag('auth-always-set-cookie') ?? false,
    cache,
  });
}

/** What `compileExternalAuth` makes one policy of. */
export interface ExternalAuthParts {
  readonly url: string;
  readonly method: string | undefined;
  /** Separated by commas. */
  readonly responseHeaders: string | undefined;
  readonly signin: string | undefined;
  readonly signinRedirectParam: string | undefined;
  readonly requestRedirect: string | undefined;
  readonly requestHeaders: ExternalAuth['requestHeaders'];
  readonly isCookieAlwaysSet: boolean;
  readonly cache: AuthCache | undefined;
}

/** The policy without the fields that nobody set. */
export function compileExternalAuth(parts: ExternalAuthParts): ExternalAuth {
  const { url, method, signin, signinRedirectParam, requestRedirect, requestHeaders, cache } =
    parts;
  const responseHeaders = (parts.responseHeaders ?? '')
    .split(',')
    .flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  return {
    url,
    ...(method === undefined ? {} : { method }),
    ...(responseHeaders.length === 0 ? {} : { responseHeaders }),
    ...(signin === undefined ? {} : { signin }),
    ...(signinRedirectParam === undefined ? {} : { signinRedirectParam }),
    ...(requestRedirect === undefined ? {} : { requestRedirect }),
    ...(requestHeaders === undefined ? {} : { requestHeaders }),
    ...(parts.isCookieAlwaysSet ? { isCookieAlwaysSet: true } : {}),
    ...(cache === undefined ? {} : { cache }),
  };
}

function hasHost(url: string): boolean {
  const [, host = ''] = /^[a-z][a-z\d+.-]*:\/\/([^/?]*)/i.exec(url) ?? [];
  return host !== '' && !host.includes('..');
}

function readHeaders(reader: AnnotationReader): ExternalAuth['requestHeaders'] {
  const reference = reader.text('auth-proxy-set-headers');
  const values =
    reference === undefined ? undefined : reader.configMap('auth-proxy-set-headers', reference);
  return values === undefined ? undefined : Object.entries(values);
}

const DEFAULT_DURATION = '200 202 401 5m';
const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
};

function readCache(reader: AnnotationReader): AuthCache | undefined {
  const key = reader.text('auth-cache-key');
  const text = reader.text('auth-cache-duration') ?? DEFAULT_DURATION;
  const durations = text.split(',').map(readDuration);
  if (durations.some((duration) => duration === undefined)) {
    reader.deny('auth-cache-duration', `"${text}" is no list of statuses and durations`);
    return undefined;
  }
  if (key === undefined) return undefined;
  return { key, durations: durations.flatMap((duration) => duration ?? []) };
}

/** `200 202 5m`; without statuses 200, 301 and 302 as nginx has it. */
function readDuration(text: string): AuthCache['durations'][number] | undefined {
  const parts = text.trim().split(/\s+/);
  const times = parts.map(milliseconds);
  const first = times.findIndex((time) => time !== undefined);
  // First the statuses, then the times.
  const named = parts.slice(0, first);
  if (first < 0 || times.slice(first).includes(undefined)) return undefined;
  if (!named.every((part) => part === 'any' || /^\d{3}$/.test(part))) return undefined;
  const statuses = named.map((part) => (part === 'any' ? part : Number(part)));
  return {
    statuses: statuses.length === 0 ? [200, 301, 302] : statuses,
    durationMs: times.slice(first).reduce<number>((sum, time) => sum + (time ?? 0), 0),
  };
}

function milliseconds(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+)(ms|[smhdwMy])$/.exec(text) ?? [];
  const factor = UNITS_MS[unit];
  return factor === undefined ? undefined : Number(digits) * factor;
}
