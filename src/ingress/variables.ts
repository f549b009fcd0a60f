import { fieldValue } from './http1/index.ts';
import { escapeComponent } from './normalise-path.ts';
import type { RouteRequest } from './route-policy.ts';

/** What nginx's variables stand for beyond the request itself. */
export interface VariableFacts {
  readonly request: RouteRequest;
  /** `$req_id` */
  readonly requestId?: string;
  /** Further ones by name: `$namespace`, `$service_name`, … */
  readonly more?: Readonly<Record<string, string>>;
}

/** `text` with `$name` and `${name}` replaced as nginx would; a name that nothing has stands for nothing. */
export function expandVariables(text: string, facts: VariableFacts): string {
  if (!text.includes('$')) return text;
  return text.replaceAll(
    /\$(?:\{(\w+)\}|([1-9]|[A-Za-z_]\w*))/g,
    (_, braced?: string, plain?: string) => valueOf(braced ?? plain ?? '', facts),
  );
}

/** The value of a cookie of the request. */
export function cookieOf({ fields }: RouteRequest, name: string): string | undefined {
  for (const pair of (fieldValue(fields, 'cookie') ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** The name in a Host field, lower-case, without the port. */
export function hostName(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}

/** Path and query of a target; the query without its question mark. */
export function splitTarget(target: string): { readonly path: string; readonly query?: string } {
  const question = target.indexOf('?');
  return question < 0
    ? { path: target }
    : { path: target.slice(0, question), query: target.slice(question + 1) };
}

function valueOf(name: string, facts: VariableFacts): string {
  const { request, more = {} } = facts;
  if (Object.hasOwn(more, name)) return more[name] ?? '';
  if (Object.hasOwn(SIMPLE, name)) return SIMPLE[name]?.(facts) ?? '';
  if (name.startsWith('http_'))
    return fieldValue(request.fields, name.slice(5).replaceAll('_', '-').toLowerCase()) ?? '';
  if (name.startsWith('cookie_')) return cookieOf(request, name.slice(7)) ?? '';
  if (name.startsWith('arg_')) return argumentOf(request, name.slice(4));
  return '';
}

const query = ({ request }: VariableFacts): string => splitTarget(request.target).query ?? '';
const host = ({ request }: VariableFacts): string => hostName(request.host);
const scheme = ({ request }: VariableFacts): string => request.scheme;

const SIMPLE: Readonly<Record<string, (facts: VariableFacts) => string>> = {
  args: query,
  query_string: query,
  is_args: (facts) => (query(facts) === '' ? '' : '?'),
  host,
  best_http_host: ({ request }) => request.host,
  http_host: ({ request }) => request.host,
  literal_dollar: () => '$',
  scheme,
  pass_access_scheme: scheme,
  request_method: ({ request }) => request.method,
  request_uri: ({ request }) => request.target,
  escaped_request_uri: ({ request }) => escapeComponent(request.target),
  uri: ({ request }) => splitTarget(request.target).path,
  remote_addr: ({ request }) => request.clientAddress,
  the_real_ip: ({ request }) => request.clientAddress,
  server_port: ({ request }) => String(request.port),
  pass_server_port: ({ request }) => String(request.port),
  server_name: host,
  https: ({ request }) => (request.scheme === 'https' ? 'on' : ''),
  req_id: ({ requestId = '' }) => requestId,
  request_id: ({ requestId = '' }) => requestId,
};

function argumentOf({ target }: RouteRequest, name: string): string {
  const { query: text = '' } = splitTarget(target);
  for (const pair of text.split('&')) {
    const [key = '', value = ''] = pair.split('=', 2);
    if (key.toLowerCase() === name.toLowerCase()) return value;
  }
  return '';
}
