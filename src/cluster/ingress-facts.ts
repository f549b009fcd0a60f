import type { X509Certificate } from 'node:crypto';
import type { Ingress, Store } from '../api/index.ts';
import {
  loadCrypto,
  personalityOf,
  type AdmissionFacts,
  type CertificateFacts,
  type CertificateClaim,
  type KeyPair,
  type OrphanFacts,
} from '../ingress/index.ts';

/** What the metrics of ingress-nginx tell of Ingresses and their certificates. */
export interface IngressFacts {
  readonly certificates: readonly CertificateFacts[];
  readonly orphans: readonly OrphanFacts[];
  readonly admission: AdmissionFacts;
}

export interface IngressFactsOptions {
  readonly store: Store;
  readonly admissionFacts: () => AdmissionFacts;
  readonly certificateOf: (claim: CertificateClaim) => KeyPair | undefined;
  /** The endpoints of a backend; undefined where there is no such Service. */
  readonly endpointsOf: (backend: {
    readonly namespace: string;
    readonly service: string;
    readonly port: number | string;
  }) => readonly unknown[] | undefined;
}

/** Gathered when somebody asks for it. */
export function ingressFacts(options: IngressFactsOptions): IngressFacts {
  const ingresses = options.store
    .list('Ingress')
    .filter((ingress) => personalityOf(ingress, options.store) === 'ingress-nginx');
  return {
    certificates: ingresses.flatMap((ingress) => certificatesOf(ingress, options)),
    orphans: ingresses.flatMap((ingress) => orphansOf(ingress, options)),
    admission: options.admissionFacts(),
  };
}

function certificatesOf(
  { metadata: { namespace = '' }, spec }: Ingress,
  { certificateOf }: IngressFactsOptions,
): readonly CertificateFacts[] {
  return (spec?.tls ?? []).flatMap(({ hosts = [], secretName }) => {
    const pair =
      secretName === undefined ? undefined : certificateOf({ hosts, namespace, secretName });
    if (pair === undefined || secretName === undefined) return [];
    const facts = factsOf(new (loadCrypto().X509Certificate)(pair.certificate));
    return hosts.map((host) => ({ host, namespace, secretName, ...facts }));
  });
}

function factsOf(
  certificate: X509Certificate,
): Omit<CertificateFacts, 'host' | 'namespace' | 'secretName'> {
  const issuer = new Map(
    certificate.issuer.split('\n').map((line) => {
      const [name = '', ...value] = line.split('=');
      return [name, value.join('=')] as const;
    }),
  );
  return {
    expiresSeconds: Date.parse(certificate.validTo) / 1000,
    serialNumber: BigInt(`0x${certificate.serialNumber}`).toString(),
    issuerCommonName: issuer.get('CN') ?? '',
    issuerOrganization: issuer.get('O') ?? '',
    publicKeyAlgorithm: (certificate.publicKey.asymmetricKeyType ?? '').toUpperCase(),
  };
}

/** Each Ingress once for each kind: of its paths one suffices. */
function orphansOf(
  { metadata: { namespace = '', name }, spec }: Ingress,
  { store, endpointsOf }: IngressFactsOptions,
): readonly OrphanFacts[] {
  const types = (spec?.rules ?? [])
    .flatMap(({ http }) => http?.paths ?? [])
    .flatMap(({ backend: { service } }): OrphanFacts['type'][] => {
      const port = service?.port?.name ?? service?.port?.number;
      if (service === undefined || port === undefined) return [];
      if (store.get('Service', namespace, service.name) === undefined) return ['no-service'];
      const endpoints = endpointsOf({ namespace, service: service.name, port }) ?? [];
      return endpoints.length === 0 ? ['no-endpoint'] : [];
    });
  return [...new Set(types)].map((type) => ({ namespace, ingress: name, type }));
}
