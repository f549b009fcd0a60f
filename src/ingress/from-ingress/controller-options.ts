import type { BlockedClients, HeaderEdits, RetryCondition, Timeouts } from '../route-policy.ts';
import { RISKS, type Risk } from './annotations/annotation.ts';
import { readBoolean } from './annotations/accepts.ts';
import { readCidrs } from './annotations/source-ranges.ts';

/** The options of ingress-nginx that matter here: from its ConfigMap and its flags. */
export interface ControllerOptions {
  readonly annotationsPrefix: string;
  readonly isCrossNamespaceAllowed: boolean;
  readonly isSnippetAllowed: boolean;
  readonly isPathTypeStrict: boolean;
  readonly riskLevel: Risk;
  readonly isValidationEnabled: boolean;
  readonly isSslRedirected: boolean;
  readonly isForceSslRedirected: boolean;
  readonly redirectStatus: number;
  readonly noRedirectLocations: readonly string[];
  readonly hsts: string | undefined;
  readonly bodyLimitBytes: number;
  readonly timeouts: Timeouts;
  readonly retryConditions: readonly RetryCondition[];
  readonly retryTries: number;
  readonly retryTimeoutMs: number;
  readonly isNonIdempotentRetried: boolean;
  readonly isForwardedTrusted: boolean;
  readonly isForwardedForAppended: boolean;
  readonly isUnderscoreAllowed: boolean;
  readonly isRequestIdGenerated: boolean;
  readonly isOriginalUriSent: boolean;
  readonly proxies: readonly string[] | undefined;
  readonly forwardedFor: string | undefined;
  readonly isServerShown: boolean;
  /** The backend's Server goes on to the client. */
  readonly isServerPassed: boolean;
  readonly hiddenHeaders: readonly string[];
  readonly errorStatuses: readonly number[];
  readonly requestHeaders: HeaderEdits | undefined;
  readonly responseHeaders: HeaderEdits | undefined;
  readonly allowedResponseHeaders: readonly string[];
  readonly allowSources: string | undefined;
  readonly denySources: string | undefined;
  /** What ends at 403 on every server. */
  readonly blocked: BlockedClients | undefined;
  readonly limitRequestsStatus: number;
  readonly limitConnectionsStatus: number;
  readonly balance: 'round_robin' | 'ewma';
  readonly hashBy: string | undefined;
  readonly globalAuthUrl: string | undefined;
  readonly globalAuth: Readonly<Record<string, string>>;
  readonly noAuthLocations: readonly string[];
  readonly wordBlocklist: readonly string[];
  /** Its ConfigMap: some annotations have their defaults there, under the same names. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Flags. */
  readonly defaultBackendService: string | undefined;
  readonly defaultCertificate: string | undefined;
  readonly isClasslessWatched: boolean;
  readonly isCatchAllDisabled: boolean;
  readonly isPassthroughEnabled: boolean;
  readonly publishAddresses: readonly string[] | undefined;
  readonly publishService: string | undefined;
}

/** What a controller is configured with. */
export interface ControllerConfiguration {
  /** Of its ConfigMap. */
  readonly data: Readonly<Record<string, string>>;
  /** Command-line flags by name, without dashes. */
  readonly flags: Readonly<Record<string, string>>;
  /** The data of a ConfigMap, `namespace/name`. */
  readonly configMap: (reference: string) => Readonly<Record<string, string>> | undefined;
}

/** The options as the controller would read them: what makes no sense counts as absent. */
export function readControllerOptions(configuration: ControllerConfiguration): ControllerOptions {
  const { data } = configuration;
  return {
    ...generalOptions(data),
    ...redirectOptions(data),
    ...proxyOptions(data),
    ...headerOptions(configuration),
    ...accessOptions(data),
    ...flagOptions(configuration.flags),
  };
}

type Data = Readonly<Record<string, string>>;

function generalOptions(data: Data) {
  return {
    isCrossNamespaceAllowed: flag(data, 'allow-cross-namespace-resources', false),
    isSnippetAllowed: flag(data, 'allow-snippet-annotations', false),
    isPathTypeStrict: flag(data, 'strict-validate-path-type', true),
    riskLevel: RISKS.find((risk) => risk === data['annotations-risk-level']) ?? ('High' as const),
    wordBlocklist: list(data['annotation-value-word-blocklist']),
    defaults: data,
  };
}

function redirectOptions(data: Data) {
  const status = Number(data['http-redirect-code']);
  return {
    isSslRedirected: flag(data, 'ssl-redirect', true),
    isForceSslRedirected: flag(data, 'force-ssl-redirect', false),
    redirectStatus: [301, 302, 307, 308].includes(status) ? status : 308,
    noRedirectLocations: list(data['no-tls-redirect-locations'] ?? '/.well-known/acme-challenge'),
    hsts: readHsts(data),
  };
}

function readHsts(data: Data): string | undefined {
  if (!flag(data, 'hsts', true)) return undefined;
  const maxAge = `max-age=${data['hsts-max-age'] ?? '31536000'}`;
  const subdomains = flag(data, 'hsts-include-subdomains', true) ? '; includeSubDomains' : '';
  return `${maxAge}${subdomains}${flag(data, 'hsts-preload', false) ? '; preload' : ''}`;
}

function proxyOptions(data: Data) {
  const { conditions, isNonIdempotentRetried } = readRetryConditions(
    data['proxy-next-upstream'] ?? 'error timeout',
  );
  return {
    bodyLimitBytes: readSize(data['proxy-body-size']) ?? 1_048_576,
    timeouts: {
      connectMs: seconds(data, 'proxy-connect-timeout', 5),
      sendMs: seconds(data, 'proxy-send-timeout', 60),
      readMs: seconds(data, 'proxy-read-timeout', 60),
    },
    retryConditions: conditions,
    retryTries: number(data, 'proxy-next-upstream-tries', 3),
    retryTimeoutMs: seconds(data, 'proxy-next-upstream-timeout', 0),
    isNonIdempotentRetried: isNonIdempotentRetried || flag(data, 'retry-non-idempotent', false),
    balance: data['load-balance'] === 'ewma' ? ('ewma' as const) : ('round_robin' as const),
    hashBy: data['upstream-hash-by'],
  };
}

function headerOptions({ data, configMap }: ControllerConfiguration) {
  const edits = (reference: string | undefined): HeaderEdits | undefined => {
    const values = reference === undefined ? undefined : configMap(reference);
    return values === undefined ? undefined : { set: Object.entries(values) };
  };
  return {
    isForwardedTrusted: flag(data, 'use-forwarded-headers', false),
    isForwardedForAppended: flag(data, 'compute-full-forwarded-for', false),
    isUnderscoreAllowed: flag(data, 'enable-underscores-in-headers', false),
    isRequestIdGenerated: flag(data, 'generate-request-id', true),
    proxies: readProxies(data['proxy-real-ip-cidr']),
    forwardedFor: data['forwarded-for-header']?.toLowerCase(),
    isOriginalUriSent: flag(data, 'proxy-add-original-uri-header', false),
    isServerShown: flag(data, 'server-tokens', false),
    isServerPassed: flag(data, 'allow-backend-server-header', false),
    hiddenHeaders: list(data['hide-headers']),
    errorStatuses: readStatuses(data['custom-http-errors'] ?? '') ?? [],
    requestHeaders: edits(data['proxy-set-headers']),
    responseHeaders: edits(data['add-headers']),
    allowedResponseHeaders: list(data['global-allowed-response-headers']),
  };
}

/** Everybody, unless it says otherwise. */
function readProxies(text: string | undefined): readonly string[] | undefined {
  const cidrs = readCidrs(text ?? '');
  return cidrs === undefined || cidrs.includes('0.0.0.0/0') ? undefined : cidrs;
}

function accessOptions(data: Data) {
  const status = (name: string): number => {
    const given = Number(data[name]);
    return given >= 400 && given <= 599 ? given : 503;
  };
  return {
    allowSources: data['whitelist-source-range'],
    // An Ingress with a list of its own does not inherit this one, nor block-cidrs.
    denySources: data['denylist-source-range'] ?? data['block-cidrs'],
    blocked: readBlocked(data),
    limitRequestsStatus: status('limit-req-status-code'),
    limitConnectionsStatus: status('limit-conn-status-code'),
    globalAuthUrl: data['global-auth-url'] === '' ? undefined : data['global-auth-url'],
    globalAuth: data,
    noAuthLocations: list(data['no-auth-locations'] ?? '/.well-known/acme-challenge'),
  };
}

function readBlocked(data: Data): BlockedClients | undefined {
  const userAgents = list(data['block-user-agents']).flatMap(readPattern);
  const referers = list(data['block-referers']).flatMap(readPattern);
  return userAgents.length + referers.length === 0 ? undefined : { userAgents, referers };
}

/** @see nginx, map: `~` and `~*` begin expressions, in which case counts or not; texts are equal whatever their case */
function readPattern(text: string): readonly RegExp[] {
  const [, kind = '', source = ''] = /^(~\*|~|)([^]*)$/.exec(text) ?? [];
  const escaped = source.replaceAll(/[^\w]/g, (character) => `\\${character}`);
  try {
    return [
      kind === '' ? new RegExp(`^${escaped}$`, 'i') : new RegExp(source, kind === '~' ? '' : 'i'),
    ];
  } catch {
    return []; // nginx would not start with it
  }
}

function flagOptions(flags: Data) {
  const addresses = list(flags['publish-status-address']);
  return {
    annotationsPrefix: flags['annotations-prefix'] ?? 'nginx.ingress.kubernetes.io',
    isValidationEnabled: flag(flags, 'enable-annotation-validation', true),
    defaultBackendService: flags['default-backend-service'],
    defaultCertificate: flags['default-ssl-certificate'],
    isClasslessWatched: flag(flags, 'watch-ingress-without-class', false),
    isCatchAllDisabled: flag(flags, 'disable-catch-all', false),
    isPassthroughEnabled: flag(flags, 'enable-ssl-passthrough', false),
    publishAddresses: addresses.length === 0 ? undefined : addresses,
    publishService: flags['publish-service'],
  };
}

function flag(data: Data, name: string, otherwise: boolean): boolean {
  return readBoolean(data[name] ?? '') ?? otherwise;
}

function number(data: Data, name: string, otherwise: number): number {
  const value = data[name];
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : otherwise;
}

function seconds(data: Data, name: string, otherwise: number): number {
  return number(data, name, otherwise) * 1000;
}

function list(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

/** Bytes of a size as nginx writes it: `8m`; undefined when it is none. */
export function readSize(text: string | undefined): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+)([bkmg]?)$/i.exec(text ?? '') ?? [];
  if (digits === '') return undefined;
  const factors: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
  return Number(digits) * (factors[unit.toLowerCase()] ?? 1);
}

/** Statuses, separated by commas; undefined when one of them is none. */
export function readStatuses(text: string): readonly number[] | undefined {
  const parts = list(text);
  return parts.every((part) => /^[45]\d\d$/.test(part)) ? parts.map(Number) : undefined;
}

/** The conditions of `proxy_next_upstream`. */
export function readRetryConditions(text: string): {
  readonly conditions: readonly RetryCondition[];
  readonly isNonIdempotentRetried: boolean;
} {
  const conditions = text.split(/[\s,]+/).filter(isRetryCondition);
  return {
    conditions,
    isNonIdempotentRetried: conditions.includes('non_idempotent'),
  };
}

function isRetryCondition(text: string): text is RetryCondition {
  return /^(?:error|timeout|invalid_header|non_idempotent|http_(?:403|404|429|500|502|503|504))$/.test(
    text,
  );
}
