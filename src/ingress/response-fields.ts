import { corsHeaders } from './cors.ts';
import { passOn } from './end-to-end.ts';
import type { HeaderFields } from './http1/index.ts';
import { editFields } from './request-fields.ts';
import type { Replacement, RoutePolicy } from './route-policy.ts';

/** What a response's fields hang on besides the backend. */
export interface ResponseFacts {
  readonly policy?: RoutePolicy;
  /** What the client spoke. @default 'http' */
  readonly scheme?: 'http' | 'https';
  /** The request's Origin. */
  readonly origin?: string | undefined;
}

/**
 * The fields for the client, names and values in turn; framing and Connection are the caller's.
 *
 * The same rules hold for answers that are made here.
 */
export function downstreamFields(fields: HeaderFields, facts: ResponseFacts): string[] {
  const { policy } = facts;
  const passed: string[] = [];
  passOn(fields, (name, value, key) => {
    passed.push(name, policy === undefined ? value : rewritten(policy, key, value));
  });
  if (policy === undefined) return passed;
  const edited = editFields(passed, policy.responseHeaders);
  const { hsts, cors } = policy;
  const secured =
    hsts === undefined || facts.scheme !== 'https'
      ? edited
      : editFields(edited, { set: [['Strict-Transport-Security', hsts]] });
  return cors === undefined
    ? secured
    : editFields(secured, { set: corsHeaders(cors, facts.origin) });
}

function rewritten(policy: RoutePolicy, key: string, value: string): string {
  const { proxyRedirect, cookieDomain, cookiePath } = policy;
  if (proxyRedirect !== undefined && (key === 'location' || key === 'refresh'))
    return redirected(proxyRedirect, key, value);
  if (key !== 'set-cookie') return value;
  const withDomain =
    cookieDomain === undefined ? value : withAttribute(value, 'domain', cookieDomain);
  return cookiePath === undefined ? withDomain : withAttribute(withDomain, 'path', cookiePath);
}

/** A Location that begins with the text; of Refresh what follows `url=`. */
function redirected({ from, to }: Replacement, key: string, value: string): string {
  if (key === 'location') return replaced(value, from, to);
  return value.replace(
    /(url=)(.*)$/i,
    (_, label: string, url: string) => `${label}${replaced(url, from, to)}`,
  );
}

function withAttribute(cookie: string, attribute: string, { from, to }: Replacement): string {
  const [pair = '', ...attributes] = cookie.split(';');
  const edited = attributes.map((text) => {
    const equals = text.indexOf('=');
    if (equals < 0 || text.slice(0, equals).trim().toLowerCase() !== attribute) return text;
    const value = text.slice(equals + 1);
    if (attribute === 'path') return `${text.slice(0, equals + 1)}${replaced(value, from, to)}`;
    // Domains are replaced as a whole; a dot in front does not count.
    const isSame =
      value.replace(/^\./, '').toLowerCase() === String(from).replace(/^\./, '').toLowerCase();
    return isSame ? `${text.slice(0, equals + 1)}${to}` : text;
  });
  return [pair, ...edited].join(';');
}

function replaced(value: string, from: Replacement['from'], to: string): string {
  if (typeof from !== 'string') return value.replace(from, to);
  return value.startsWith(from) ? `${to}${value.slice(from.length)}` : value;
}
