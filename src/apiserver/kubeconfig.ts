import type { ServerCredentials } from './credentials.ts';

/** What a kubeconfig says of one cluster. */
export interface KubeconfigEntry {
  /** Of the context, the cluster and the user alike: `podlane-NAME`. */
  readonly name: string;
  /** `https://127.0.0.1:6443`. */
  readonly server: string;
  readonly credentials: ServerCredentials;
  readonly token: string;
}

/** A kubeconfig with this cluster alone, as the object that its YAML or JSON holds. */
export function kubeconfigOf(entry: KubeconfigEntry): object {
  const { name, server, credentials, token } = entry;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(credentials.ca) } }],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64(credentials.admin.certificate),
          'client-key-data': base64(credentials.admin.key),
          token,
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
