import type { Store } from '../api/index.ts';
import { PodlaneError } from '../net/index.ts';
import type { Clock, Logger } from '../observe/index.ts';
import type { ClusterDns } from './cluster-dns.ts';
import type { CorefileSource } from './configuration.ts';
import { kubeadmCorefile } from './corefile-default.ts';
import { HOST_FILES } from './host-files.ts';

export interface CorefileFollowerOptions {
  readonly dns: ClusterDns;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly clusterDomain: string;
  /** A file that takes the place of the ConfigMap. @default none */
  readonly file?: string;
}

/** Keeps the DNS server at what its Corefile says. */
export interface CorefileFollower extends AsyncDisposable {
  /** @throws CorefileError, or PodlaneError `ERR_COREFILE` where the file cannot be read. */
  load(): Promise<void>;
  /** From now on, changes are taken into service, where the Corefile in service has `reload`. */
  follow(): void;
  /** Why what was tried last is not in service. */
  readonly broken: PodlaneError | undefined;
  /** Resolves when the changes made so far are in service. */
  settled(): Promise<void>;
}

const NAMESPACE = 'kube-system';
const NAME = 'coredns';
/** The key of the ConfigMap, and what its text is called in errors. */
const KEY = 'Corefile';
/** How often a file is looked at; CoreDNS looks every 30 s. */
const POLL_MS = 500;

/**
 * The Corefile is the given file's, or else the ConfigMap's `kube-system/coredns`, or else kubeadm's.
 */
export function createCorefileFollower(options: CorefileFollowerOptions): CorefileFollower {
  return new Follower(options);
}

class Follower implements CorefileFollower {
  readonly #options: CorefileFollowerOptions;
  readonly #stack = new DisposableStack();
  #loading: Promise<void> = Promise.resolve();
  /** What was last tried, so that a broken Corefile is reported once. */
  #tried: string | undefined;
  #timer: Disposable | undefined;
  #fingerprint = '';
  #isDisposed = false;
  #broken: PodlaneError | undefined;

  constructor(options: CorefileFollowerOptions) {
    this.#options = options;
  }

  get broken(): PodlaneError | undefined {
    return this.#broken;
  }

  async load(): Promise<void> {
    const source = this.#source();
    this.#tried = source.text;
    await this.#options.dns.load(source);
    this.#fingerprint = this.#fingerprintNow();
  }

  follow(): void {
    const { store } = this.#options;
    this.#stack.use(
      store.watch('ConfigMap', ({ object: { metadata } }) => {
        if (metadata.namespace === NAMESPACE && metadata.name === NAME) this.#reloadSoon();
      }),
    );
    this.#poll();
  }

  settled(): Promise<void> {
    return this.#loading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#timer?.[Symbol.dispose]();
    this.#stack.dispose();
    await this.#loading;
  }

  #source(): CorefileSource {
    const { file, store, clusterDomain } = this.#options;
    if (file !== undefined) return { file, text: readText(file) };
    const text = store.get('ConfigMap', NAMESPACE, NAME)?.data?.[KEY];
    return text === undefined
      ? { file: KEY, text: kubeadmCorefile(clusterDomain) }
      : { file: `${KEY} of configmap ${NAME}`, text };
  }

  /** Files may change without the store; imported ones count too. */
  #poll(): void {
    this.#timer = this.#options.clock.setTimer(POLL_MS, () => {
      const now = this.#fingerprintNow();
      if (now !== this.#fingerprint) {
        this.#fingerprint = now;
        this.#tried = undefined;
        this.#reloadSoon();
      }
      this.#poll();
    });
  }

  #fingerprintNow(): string {
    const { file, dns } = this.#options;
    const files = [...(file === undefined ? [] : [file]), ...dns.files];
    return files.map((path) => `${path} ${HOST_FILES.modifiedAtMs(path) ?? 'gone'}`).join('\n');
  }

  #reloadSoon(): void {
    this.#loading = this.#loading.then(() => this.#reload());
  }

  async #reload(): Promise<void> {
    const { dns, log } = this.#options;
    if (this.#isDisposed) return;
    try {
      const source = this.#source();
      if (source.text === this.#tried) return;
      this.#tried = source.text;
      if (!dns.isReloading) {
        log.warn('the Corefile changed, and has no reload: what runs goes on', { part: 'dns' });
        return;
      }
      await dns.load(source);
      this.#broken = undefined;
      this.#fingerprint = this.#fingerprintNow();
      log.info('Corefile in service', { part: 'dns', file: source.file });
    } catch (error) {
      if (!(error instanceof PodlaneError)) throw error;
      dns.metrics.counter(FAILED).with().inc();
      log.error('the Corefile is broken: what runs goes on', { part: 'dns', error });
      this.#broken = error;
    }
  }
}

const FAILED = {
  name: 'coredns_reload_failed_total',
  help: 'Counter of the number of failed reload attempts.',
};

function readText(file: string): string {
  try {
    return HOST_FILES.read(file);
  } catch (error) {
    throw new PodlaneError('ERR_COREFILE', `cannot read the Corefile ${file}`, {
      cause: error,
      hint: 'Name one with --corefile FILE; podlane corefile prints the default.',
    });
  }
}
