import type { KubeObject } from '../../../../src/api/index.ts';
import type { BackendRow, IngressRow } from './table.ts';

const PREFIX = 'nginx.ingress.kubernetes.io';

/** The Ingress of a row in the compact form. */
export function ingressObject(row: IngressRow): KubeObject {
  const { name, ns = 'default', ann = {}, rules, default: fallback, tls } = row;
  const annotations = Object.fromEntries(
    Object.entries(ann).map(([key, value]) => [
      key.includes('/') ? key : `${PREFIX}/${key}`,
      value,
    ]),
  );
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { namespace: ns, name, annotations },
    spec: {
      ...(row.noClass === true ? {} : { ingressClassName: row.class ?? 'nginx' }),
      ...(rules === undefined
        ? {}
        : {
            rules: rules.map(({ host, paths }) => ({
              ...(host === undefined ? {} : { host }),
              http: {
                paths: paths.map(([pathType, path, backend]) => ({
                  ...(pathType === null ? {} : { pathType }),
                  path,
                  backend: backendObject(backend),
                })),
              },
            })),
          }),
      ...(fallback === undefined ? {} : { defaultBackend: backendObject(fallback) }),
      ...(tls === undefined
        ? {}
        : {
            tls: tls.map(({ hosts, secret }) => ({
              hosts,
              ...(secret === undefined ? {} : { secretName: secret }),
            })),
          }),
    },
  };
}

function backendObject(backend: BackendRow): unknown {
  if (typeof backend !== 'string') return backend;
  const colon = backend.lastIndexOf(':');
  const port = backend.slice(colon + 1);
  return {
    service: {
      name: backend.slice(0, colon),
      port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port },
    },
  };
}
