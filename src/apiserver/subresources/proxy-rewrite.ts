/** Where a proxied resource is, as the client and as its server see it. */
export interface ProxyPlace {
  /** `/api/v1/namespaces/a/services/web/proxy` */
  readonly prefix: string;
  /** What the request named as its host. */
  readonly host: string;
  /** `10.244.0.3:80` */
  readonly upstream: string;
}

/** A redirect within the proxied server leads through the proxy, too. @see apimachinery util/proxy Transport */
export function rewriteLocation(location: string, { prefix, host, upstream }: ProxyPlace): string {
  const match = /^https?:\/\/([^/]*)(.*)$/s.exec(location);
  if (match !== null) {
    const [, authority = '', path = ''] = match;
    return authority === upstream || authority === host ? `${prefix}${path || '/'}` : location;
  }
  return location.startsWith('/') && !location.startsWith(`${prefix}/`)
    ? `${prefix}${location}`
    : location;
}

const LINKS =
  /(<[a-z][^<>]{0,4096}?\s(?:action|background|cite|data|formaction|href|icon|longdesc|manifest|poster|src|usemap)\s*=\s*)("|')(\/(?!\/)[^"']*)\2/gi;

/** Absolute paths in a page's links lead through the proxy, too. @see apimachinery util/proxy rewriteHTML */
export function rewriteHtml(html: string, { prefix }: Pick<ProxyPlace, 'prefix'>): string {
  return html.replaceAll(LINKS, (link) => {
    // The pattern ends with a quote, a path and that quote again.
    const at = link.indexOf(`${link.at(-1)}/`);
    const isLed = link.startsWith(`${prefix}/`, at + 1);
    return isLed ? link : `${link.slice(0, at + 1)}${prefix}${link.slice(at + 1)}`;
  });
}
