/** A URL as Go's `net/url` reads it. */
export interface GoUrl {
  /** In lower case; '' where there is none. */
  readonly scheme: string;
  /** With the port; '' where there is none. */
  readonly host: string;
  /** `name:password` as it stands in the URL; undefined where there is none. */
  readonly user: string | undefined;
  readonly query: string;
  readonly fragment: string;
}

/** The URL, or why Go would not read it. */
export function parseGoUrl(text: string): GoUrl | Error {
  const url = readUrl(text);
  return typeof url === 'string' ? new Error(`parse ${JSON.stringify(text)}: ${url}`) : url;
}

/** The URL, or what is wrong with it. */
function readUrl(text: string): GoUrl | string {
  // oxlint-disable-next-line no-control-regex -- it is what must not be there
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'net/url: invalid control character in URL';
  const [beforeFragment, fragment] = split(text, '#');
  if (beforeFragment.startsWith(':')) return 'missing protocol scheme';
  const [, scheme = '', afterScheme = ''] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(beforeFragment) ?? [];
  const [rest, query] = split(afterScheme, '?');
  const parts = { scheme: scheme.toLowerCase(), host: '', user: undefined, query, fragment };
  return rest.startsWith('/') ? withRoot(parts, rest) : withoutRoot(parts, rest);
}

/** What follows a scheme at once is opaque. */
function withoutRoot(parts: GoUrl, rest: string): GoUrl | string {
  if (parts.scheme !== '') return parts;
  const [segment = ''] = rest.split('/', 1);
  if (segment.includes(':')) return 'first path segment in URL cannot contain colon';
  return escapeProblem(rest) ?? parts;
}

function withRoot(parts: GoUrl, rest: string): GoUrl | string {
  const hasAuthority = rest.startsWith('//') && (parts.scheme !== '' || !rest.startsWith('///'));
  return hasAuthority ? withAuthority(parts, rest.slice(2)) : (escapeProblem(rest) ?? parts);
}

function withAuthority(parts: GoUrl, rest: string): GoUrl | string {
  const [authority = ''] = rest.split('/', 1);
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  const user = at === -1 ? undefined : authority.slice(0, at);
  const problem = hostProblem(host) ?? escapeProblem(rest.slice(authority.length));
  return problem ?? { ...parts, host, user };
}

function split(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function escapeProblem(path: string): string | undefined {
  const wrong = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(path);
  return wrong === null ? undefined : `invalid URL escape ${JSON.stringify(wrong[0])}`;
}

function hostProblem(host: string): string | undefined {
  const port = host.startsWith('[') ? host.slice(host.indexOf(']') + 1) : /:.*$/s.exec(host)?.[0];
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host";
  if (port !== undefined && port !== '' && !/^:\d*$/.test(port))
    return `invalid port ${JSON.stringify(port)} after host`;
  const wrong = /[ "<>\\^`{|}]/.exec(host);
  return wrong === null ? undefined : `invalid character ${JSON.stringify(wrong[0])} in host name`;
}
