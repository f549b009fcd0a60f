import { fieldValue } from './http1/index.ts';
import type { Attempt, RequestRecord } from './request-record.ts';

/** How requests are told of: as ingress-nginx's `upstreaminfo`, or one JSON object a line. */
export type AccessLogFormat = 'nginx' | 'json';

/** One line about a request, without its end. */
export function accessLogLine(record: RequestRecord, format: AccessLogFormat): string {
  return format === 'json' ? JSON.stringify(jsonOf(record)) : upstreamInfo(record);
}

/** Whether a route wants its requests told of. */
export function isAccessLogged({ route }: RequestRecord): boolean {
  return route?.policy?.isAccessLogged !== false;
}

/** @see ingress-nginx, log-format-upstream */
function upstreamInfo(record: RequestRecord): string {
  const { attempts } = record;
  const upstream = (of: (attempt: Attempt) => string): string =>
    attempts.length === 0 ? '-' : attempts.map(of).join(', ');
  return [
    `${record.clientAddress} - ${quoted(record.user ?? '-')} [${localTime(record.endedAt)}]`,
    `"${quoted(requestLine(record))}" ${record.status} ${record.bodyBytes}`,
    `"${quoted(fieldOf(record, 'referer'))}" "${quoted(fieldOf(record, 'user-agent'))}"`,
    `${record.requestBytes} ${seconds(record.tookMs)}`,
    `[${upstreamName(record)}] [${alternativeName(record)}]`,
    upstream(({ endpoint }) => endpoint),
    upstream(({ responseBytes }) => String(responseBytes)),
    upstream(({ totalMs }) => seconds(totalMs)),
    upstream(({ status }) => (status === undefined ? '-' : String(status))),
    record.requestId,
  ].join(' ');
}

function jsonOf(record: RequestRecord): Readonly<Record<string, unknown>> {
  const { head, route, attempts } = record;
  return {
    time: new Date(record.endedAt).toISOString(),
    remote_addr: record.clientAddress,
    remote_user: record.user,
    scheme: record.scheme,
    protocol: record.protocol,
    method: head?.method,
    host: head?.host,
    uri: head?.target,
    status: record.status,
    request_length: record.requestBytes,
    bytes_sent: record.bodyBytes,
    request_time: round(record.tookMs),
    referer: head === undefined ? undefined : fieldValue(head.fields, 'referer'),
    user_agent: head === undefined ? undefined : fieldValue(head.fields, 'user-agent'),
    req_id: record.requestId,
    namespace: route?.source.namespace,
    ingress: route?.source.name,
    path: route?.path,
    upstream_name: upstreamName(record),
    upstreams: attempts.map(({ endpoint, status, responseBytes, totalMs }) => ({
      addr: endpoint,
      status,
      response_length: responseBytes,
      response_time: round(totalMs),
    })),
  };
}

function requestLine({ head, protocol }: RequestRecord): string {
  return head === undefined ? '' : `${head.method} ${head.target} ${protocol}`;
}

/** `<namespace>-<service>-<port>`; what no Ingress takes has ingress-nginx's own name. */
function upstreamName({ route }: RequestRecord): string {
  const backend = route?.backend;
  return backend === undefined
    ? 'upstream-default-backend'
    : `${backend.namespace}-${backend.service}-${backend.port}`;
}

/** The canary that took the request. */
function alternativeName({ routed }: RequestRecord): string {
  if (routed?.isCanary !== true) return '';
  const { namespace, service, port } = routed.backend;
  return `${namespace}-${service}-${port}`;
}

function fieldOf({ head }: RequestRecord, name: string): string {
  return (head === undefined ? undefined : fieldValue(head.fields, name)) ?? '-';
}

/** What a client sends must not break out of its place, nor out of its line. @see nginx, log_format escape=default */
function quoted(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  return text.replaceAll(/[\x00-\x1F"\\\x7F-\xFF]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
    return `\\x${code}`;
  });
}

/** As nginx's `$time_local`, in UTC: `21/Nov/2026:13:28:05 +0000`. */
function localTime(ms: number): string {
  const [, day = '', month = '', year = '', time = ''] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(new Date(ms).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function round(ms: number): number {
  return Math.round(ms) / 1000;
}
