import type { NginxHost, Route } from './route-table.ts';

/** The location that nginx takes for a path. */
export type Location =
  | { readonly kind: 'location'; readonly route: Route }
  /** There is one for the path with a slash at its end: nginx redirects there. */
  | { readonly kind: 'slash'; readonly route: Route };

/**
 * The location of a normalised path: the first regular expression that fits; or an equal path, else the longest prefix.
 *
 * @see nginx, "location": a prefix that ends in a slash and is proxied answers the path without it by 301.
 */
export function matchLocation(host: NginxHost, path: string): Location {
  if (host.regexes.length > 0) {
    const found = host.regexes.find(({ regex }) => regex.test(path));
    return { kind: 'location', route: found?.route ?? host.root };
  }
  const equal = host.exact.get(path);
  if (equal !== undefined) return { kind: 'location', route: equal };
  const withSlash = `${path}/`;
  const slash = host.prefixes.get(withSlash) ?? host.exact.get(withSlash);
  if (slash !== undefined) return { kind: 'slash', route: slash };
  return { kind: 'location', route: longestPrefix(host, path) ?? host.root };
}

function longestPrefix({ prefixes }: NginxHost, path: string): Route | undefined {
  if (prefixes.size === 0) return undefined;
  let end = path.lastIndexOf('/');
  while (end >= 0) {
    const route = prefixes.get(path.slice(0, end + 1));
    if (route !== undefined) return route;
    end = end === 0 ? -1 : path.lastIndexOf('/', end - 1);
  }
  return undefined;
}
