import { escapePath } from './normalise-path.ts';
import type { RouteRequest, RouteRewrite } from './route-policy.ts';
import { expandVariables, splitTarget } from './variables.ts';

/** A target that was rewritten, or a URL to redirect to. */
export interface Rewritten {
  readonly text: string;
  readonly isRedirect: boolean;
}

/**
 * Rewrites the target of a request; undefined where the rule does not concern its path. The query is kept.
 *
 * @param path Of the request, normalised.
 * @see nginx, rewrite: "if a replacement string starts with http://, https:// or $scheme", it redirects
 */
export function rewritePath(
  { regex, replacement }: RouteRewrite,
  request: RouteRequest,
  path: string,
): Rewritten | undefined {
  const captures = regex.exec(path);
  if (captures === null) return undefined;
  const written = expandVariables(replacement, { request, more: capturesOf(captures) });
  const { path: rewritten, query: added } = splitTarget(written);
  const { query } = splitTarget(request.target);
  const queries = [added, query].filter((part) => part !== undefined && part !== '');
  const suffix = queries.length === 0 ? '' : `?${queries.join('&')}`;
  return {
    text: `${escapePath(rewritten === '' ? '/' : rewritten)}${suffix}`,
    isRedirect: /^(?:https?:\/\/|\$scheme)/.test(replacement),
  };
}

/** `$1` to `$9`, and the named ones; groups that took no part are empty. */
function capturesOf(captures: RegExpExecArray): Readonly<Record<string, string>> {
  const more: Record<string, string> = { ...captures.groups };
  for (let index = 1; index <= 9; index += 1) more[index] = captures[index] ?? '';
  return more;
}
