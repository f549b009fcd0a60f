import type { Ingress } from '../../api/index.ts';

/** Values with which an Ingress would write configuration of its own. @see ingress-nginx, "deep inspection" */
const FORBIDDEN: readonly RegExp[] = [
  /\s*alias\s*.*;/s,
  /\s*root\s*.*;/s,
  /\/etc\/(?:passwd|shadow|group|nginx|ingress-controller)/,
  /\/var\/run\/secrets/,
  /_by_lua/,
];

/** Why ingress-nginx knows nothing of an Ingress; undefined where it does. */
export function inspectIngress({ spec }: Ingress): string | undefined {
  const { rules = [], tls = [] } = spec ?? {};
  const paths = rules.flatMap(({ http }) => http?.paths ?? []);
  const values = [
    ...rules.map(({ host = '' }) => ({ what: 'host', value: host })),
    ...paths.map(({ path = '' }) => ({ what: 'http path', value: path })),
    ...tls.flatMap(({ secretName = '', hosts = [] }) =>
      [secretName, ...hosts].map((value) => ({ what: 'tls', value })),
    ),
  ];
  const wrong = values.find(({ value }) => FORBIDDEN.some((pattern) => pattern.test(value)));
  return wrong === undefined ? undefined : `invalid ${wrong.what}: ${wrong.value}`;
}
