import type { GateQuestion } from './gate.ts';
import { fieldValue } from './http1/index.ts';
import { reasonOf, refuse } from './refuse.ts';
import type {
  AuthCache,
  ExternalAuth,
  ForwardedRequest,
  HeaderEdits,
  RouteAnswer,
} from './route-policy.ts';
import type { SubresponseHead, Subrequester } from './subrequest.ts';
import { escapeComponent } from './normalise-path.ts';
import { expandVariables } from './variables.ts';

/** What an auth server says of a request. */
export type Opinion =
  | { readonly kind: 'known'; readonly edits: HeaderEdits; readonly cookies: readonly string[] }
  | { readonly kind: 'answer'; readonly answer: RouteAnswer };

const TIMEOUT_MS = 60_000;
const MAX_REMEMBERED = 10_000;
/** What is not passed to the auth server: of the body, which does not go along, and of one hop. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'host',
  'expect',
  'upgrade',
  'te',
  'keep-alive',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-real-ip',
]);

/** Asks auth servers, and remembers what they said where a policy allows it. */
export class ExternalAuthorizer {
  readonly #subrequester: Subrequester;
  readonly #now: () => number;
  readonly #remembered = new Map<
    string,
    { readonly until: number; readonly head: SubresponseHead }
  >();

  /** @param now Milliseconds. */
  constructor(subrequester: Subrequester, now: () => number) {
    this.#subrequester = subrequester;
    this.#now = now;
  }

  /** @see nginx, auth_request: 2xx lets pass, 401 and 403 are the answer, anything else is an error (500). */
  async ask(
    routed: ForwardedRequest,
    auth: ExternalAuth,
    question: GateQuestion,
  ): Promise<Opinion> {
    const facts = { request: question.request, requestId: question.requestId };
    const key =
      auth.cache === undefined
        ? undefined
        : `${placeOf(routed)}\0${expandVariables(auth.cache.key, facts)}`;
    try {
      const head =
        this.#recall(key) ?? (await this.#subrequester.ask(subrequestOf(routed, auth, question)));
      if (key !== undefined && auth.cache !== undefined) this.#remember(key, auth.cache, head);
      return opinionOf(head, { routed, auth, question });
    } catch {
      return {
        kind: 'answer',
        answer: refuse(500, routed.policy, 'the auth server cannot be asked'),
      };
    }
  }

  #recall(key: string | undefined): SubresponseHead | undefined {
    const found = key === undefined ? undefined : this.#remembered.get(key);
    return found !== undefined && found.until > this.#now() ? found.head : undefined;
  }

  #remember(key: string, { durations }: AuthCache, head: SubresponseHead): void {
    const rule = durations.find(
      ({ statuses }) => statuses.includes(head.status) || statuses.includes('any'),
    );
    if (rule === undefined || this.#recall(key) !== undefined) return;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(key, { until: this.#now() + rule.durationMs, head });
  }
}

/** Each location has its own answers. */
function placeOf({ route: { source } }: ForwardedRequest): string {
  return `${source.namespace}/${source.name} ${source.field}`;
}

function subrequestOf(
  routed: ForwardedRequest,
  auth: ExternalAuth,
  { request, requestId, signal }: GateQuestion,
): Parameters<Subrequester['ask']>[0] {
  const facts = { request, requestId };
  const expand = (text: string): string => expandVariables(text, facts);
  const { source } = routed.route;
  const own: (readonly [string, string])[] = [
    ['X-Original-URL', `${request.scheme}://${request.host}${request.target}`],
    ['X-Original-Method', request.method],
    ['X-Sent-From', 'nginx-ingress-controller'],
    ['X-Real-IP', request.clientAddress],
    ['X-Forwarded-For', request.clientAddress],
    ['X-Auth-Request-Redirect', expand(auth.requestRedirect ?? '$request_uri')],
    ['X-Request-ID', requestId],
    ['X-Ingress-Name', source.name],
    ['X-Namespace', source.namespace],
    ...(auth.method === undefined
      ? []
      : ([
          ['X-Original-URI', request.target],
          ['X-Scheme', request.scheme],
        ] as const)),
    ...(auth.requestHeaders ?? []).map(([name, value]) => [name, expand(value)] as const),
  ];
  const replaced = new Set(own.map(([name]) => name.toLowerCase()));
  const passed = request.fields.filter((_, index) => {
    const name = (request.fields[index - (index % 2)] ?? '').toLowerCase();
    return !NOT_PASSED.has(name) && !replaced.has(name);
  });
  return {
    url: new URL(expand(auth.url)),
    method: auth.method ?? 'GET',
    fields: [...passed, ...own.flat()],
    timeoutMs: TIMEOUT_MS,
    signal,
  };
}

interface Judged {
  readonly routed: ForwardedRequest;
  readonly auth: ExternalAuth;
  readonly question: GateQuestion;
}

function opinionOf(
  { status, fields }: SubresponseHead,
  { routed, auth, question }: Judged,
): Opinion {
  const cookies = valuesOf(fields, 'set-cookie');
  if (status >= 200 && status < 300) {
    const names = auth.responseHeaders ?? [];
    const set = names.flatMap((name) => {
      const value = fieldValue(fields, name.toLowerCase());
      return value === undefined ? [] : [[name, value] as const];
    });
    return { kind: 'known', edits: { remove: names, set }, cookies };
  }
  if (status === 401 && auth.signin !== undefined)
    return { kind: 'answer', answer: signinAnswer({ routed, auth, question }, cookies) };
  if (status !== 401 && status !== 403) {
    const why = `the auth server answered ${status} ${reasonOf(status)}`;
    return { kind: 'answer', answer: refuse(500, routed.policy, why) };
  }
  const challenge = fieldValue(fields, 'www-authenticate');
  const page = refuse(status, routed.policy, 'the auth server refuses the request');
  const headers = [
    ...page.headers,
    ...(challenge === undefined ? [] : [['WWW-Authenticate', challenge] as const]),
    ...(auth.isCookieAlwaysSet === true ? cookies : []).map(
      (cookie) => ['Set-Cookie', cookie] as const,
    ),
  ];
  return { kind: 'answer', answer: { ...page, headers } };
}

/** To the page that signs in, with the URL to come back to, unless the page names one itself. */
function signinAnswer({ routed, auth, question }: Judged, cookies: readonly string[]): RouteAnswer {
  const { request, requestId } = question;
  const { signin = '', signinRedirectParam = 'rd' } = auth;
  const location = expandVariables(signin, { request, requestId });
  const original = `${request.scheme}://${request.host}${escapeComponent(request.target)}`;
  const [, query] = signin.split('?', 2);
  const hasParam = new URLSearchParams(query ?? '').has(signinRedirectParam);
  const joint = query === undefined ? '?' : '&';
  const target = hasParam ? location : `${location}${joint}${signinRedirectParam}=${original}`;
  const page = refuse(302, routed.policy);
  return {
    ...page,
    headers: [
      ...page.headers,
      ['Location', target],
      ...cookies.map((cookie) => ['Set-Cookie', cookie] as const),
    ],
  };
}

function valuesOf(fields: readonly string[], name: string): string[] {
  return fields.filter((_, index) => index % 2 === 1 && fields[index - 1]?.toLowerCase() === name);
}
