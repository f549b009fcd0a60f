import type { Store } from '../api/index.ts';
import {
  isCertificateFor,
  keyPairOf,
  type CertificateClaim,
  type KeyPair,
} from '../ingress/index.ts';

/** Key pairs by Secret, so that one certificate is one object for as long as it does not change. */
export class CertificateCache {
  readonly #store: Store;
  readonly #hosts = new WeakMap<KeyPair, Map<string, boolean>>();
  readonly #pairs = new Map<
    string,
    { readonly resourceVersion: string | undefined; readonly pair: KeyPair | undefined }
  >();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Whether the certificate of a claim is one for a host; remembered for as long as the Secret stays. */
  readonly isFor = (claim: CertificateClaim, host: string): boolean => {
    const pair = this.get(claim);
    if (pair === undefined) return false;
    const hosts = this.#hosts.get(pair) ?? new Map<string, boolean>();
    this.#hosts.set(pair, hosts);
    const before = hosts.get(host);
    if (before !== undefined) return before;
    const isFor = isCertificateFor(pair, host);
    hosts.set(host, isFor);
    return isFor;
  };

  /** The certificate that a claim names; undefined where there is none. */
  get({ namespace, secretName }: CertificateClaim): KeyPair | undefined {
    const secret = this.#store.get('Secret', namespace, secretName);
    if (secret === undefined) return undefined;
    const key = `${namespace}/${secretName}`;
    const known = this.#pairs.get(key);
    const { resourceVersion } = secret.metadata;
    if (known !== undefined && known.resourceVersion === resourceVersion) return known.pair;
    const pair = keyPairOf(secret);
    this.#pairs.set(key, { resourceVersion, pair });
    return pair;
  }
}
