/** A client of the API of a running program, with the credentials of its kubeconfig. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';

/** What the server said. */
export interface ApiAnswer {
  readonly status: number;
  readonly object: ApiObject;
}

/** An object or a list, as far as tests look at it. */
export interface ApiObject {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly items?: readonly ApiObject[];
  readonly [field: string]: unknown;
}

export interface ApiClient extends Disposable {
  /** A PATCH is a merge patch. @throws Error when the connection breaks before the whole answer is there. */
  ask(method: string, path: string, body?: object): Promise<ApiAnswer>;
}

interface Kubeconfig {
  readonly clusters: readonly [
    {
      readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
    },
  ];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

/** Connections are kept, at most `sockets` of them. */
export function createApiClient(kubeconfig: string, sockets = 8): ApiClient {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig; // as `up` writes it
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: sockets,
    ca: Buffer.from(ca, 'base64'),
  });
  const authorization = `Bearer ${users[0].user.token}`;
  const ask = (method: string, path: string, body?: object): Promise<ApiAnswer> => {
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers = { authorization, 'content-type': type };
    const outgoing = request(`${server}${path}`, { agent, method, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          object: JSON.parse(Buffer.concat(chunks).toString()) as ApiObject,
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  };
  return { ask, [Symbol.dispose]: () => agent.destroy() };
}
