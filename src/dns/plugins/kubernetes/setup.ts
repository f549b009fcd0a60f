import { ApiError, parseLabelSelector } from '../../../api/index.ts';
import {
  argOf,
  argsOf,
  CorefileError,
  onlyOnce,
  parseDuration,
  readInteger,
  readOptions,
  type Directive,
  type PluginDefinition,
  type PluginInstance,
  type SetupContext,
} from '../../corefile/index.ts';
import { absolute } from '../../names.ts';
import { zonesOf } from '../../zones.ts';
import { createKubernetes, type Kubernetes } from './index.ts';
import type { KubernetesOptions, PodsMode } from './options.ts';
import { measureProgramming } from './programming-duration.ts';

/** `kubernetes [ZONES…] { … }` */
export const kubernetes: PluginDefinition = {
  name: 'kubernetes',
  setup: (directives, context) => {
    const { store, clock, metrics, revision, localAddresses, hasSynced, resolvConf } =
      context.environment;
    const options = readKubernetes(onlyOnce(directives), context);
    const running = createKubernetes(options, {
      store,
      now: () => clock.now(),
      resolve: context.resolve,
      localAddresses,
      hasSynced,
      onChange: revision.advance,
    });
    const measuring = measureProgramming({ store, metrics, now: () => clock.now() });
    // What the Pods' own search lists end with: that of their Node.
    const search = (): readonly string[] =>
      resolvConf('/etc/resolv.conf').search.map((domain) => absolute(domain.toLowerCase()));
    const instance: PluginInstance = {
      plugin: running.plugin,
      isReady: hasSynced,
      transfer: running.transfer,
      metadata: running.metadata,
      searchPath: (query) => {
        const own = running.searchPath(query);
        return own === undefined ? undefined : [...own, ...search()];
      },
      [Symbol.asyncDispose]: async () => {
        measuring[Symbol.dispose]();
        running[Symbol.dispose]();
      },
    };
    RUNNING.set(instance, running);
    return instance;
  },
};

const RUNNING = new WeakMap<PluginInstance, Kubernetes>();

/** The tables behind the plugin of a block, for `k8s_external`. */
export function kubernetesOf(instance: PluginInstance | undefined): Kubernetes | undefined {
  return instance === undefined ? undefined : RUNNING.get(instance);
}

const PODS_MODES: readonly string[] = ['disabled', 'verified', 'insecure'];
const REVERSE = /(^|\.)(in-addr|ip6)\.arpa\.$/;

/**
 * The options that lines of a Corefile stand for.
 *
 * What speaks of an API server (`endpoint`, `tls`, `kubeconfig`, `apiserver_*`) is read and has no effect: the store is
 * at hand.
 *
 * @throws CorefileError
 */
export function readKubernetes(
  directive: Directive,
  { zones: blockZones }: Pick<SetupContext, 'zones'>,
): KubernetesOptions {
  const zones = directive.args.length > 0 ? directive.args.flatMap(zonesOf) : blockZones;
  if (zones.every((zone) => REVERSE.test(zone)))
    throw new CorefileError('non-reverse zone name must be used', directive.position);
  const reader = new Reader(zones);
  readOptions(directive, reader.readers);
  const { options } = reader;
  const end = directive.block.at(-1)?.position ?? directive.position;
  if (options.namespaces !== undefined && options.namespaceLabels !== undefined)
    throw new CorefileError('namespaces and namespace_labels cannot both be set', end);
  if (options.zonal === true && options.noEndpoints === true)
    throw new CorefileError('zonal requires the endpoint cache; remove noendpoints', end);
  return { zones, ...options };
}

class Reader {
  options: KubernetesOptions = {};
  readonly #zones: readonly string[];

  constructor(zones: readonly string[]) {
    this.#zones = zones;
  }

  readonly readers: Readonly<Record<string, (option: Directive) => void>> = {
    pods: (option) => this.#set({ pods: podsModeOf(option) }),
    ttl: (option) => this.#set({ ttlSeconds: ttlOf(option) }),
    fallthrough: ({ args }) => this.#set({ fallthrough: args.length === 0 ? ['.'] : args }),
    namespaces: (option) =>
      this.#set({ namespaces: [...(this.options.namespaces ?? []), ...someArgs(option)] }),
    namespace_labels: (option) =>
      this.#set({ namespaceLabels: selectorOf(option, 'namespace_label selector') }),
    labels: (option) => this.#set({ labels: selectorOf(option, 'label selector') }),
    endpoint_pod_names: (option) => this.#flag(option, { endpointPodNames: true }),
    noendpoints: (option) => this.#flag(option, { noEndpoints: true }),
    zonal: (option) => this.#flag(option, { zonal: true }),
    ignore: (option) => this.#ignore(option),
    multicluster: (option) => this.#multicluster(option),
    startup_timeout: (option) => checkTimeout(option),
    endpoint: someArgs,
    tls: (option) => void argsOf(option, 3),
    kubeconfig: (option) => void argsOf(option, 1, 2),
    apiserver_qps: (option) => void argOf(option),
    apiserver_burst: (option) => void argOf(option),
    apiserver_max_inflight: (option) => void argOf(option),
  };

  #set(options: KubernetesOptions): void {
    this.options = { ...this.options, ...options };
  }

  #flag(option: Directive, options: KubernetesOptions): void {
    argsOf(option, 0);
    this.#set(options);
  }

  #ignore({ args, position }: Directive): void {
    const [what] = args;
    if (what === undefined) return;
    if (what !== 'empty_service')
      throw new CorefileError(`unable to parse ignore value: '${what}'`, position);
    this.#set({ ignoreEmptyService: true });
  }

  #multicluster(option: Directive): void {
    const zones = someArgs(option).flatMap(zonesOf);
    const stranger = zones.find((zone) => !this.#zones.includes(zone));
    if (stranger !== undefined)
      throw new CorefileError(
        `is not authoritative for the multicluster zone ${stranger} (authoritative zones: [${this.#zones.join(' ')}])`,
        option.position,
      );
    this.#set({ multicluster: zones });
  }
}

function someArgs(option: Directive): readonly string[] {
  return argsOf(option, 1, Infinity);
}

function podsModeOf(option: Directive): PodsMode {
  const mode = argOf(option);
  if (!isPodsMode(mode))
    throw new CorefileError(
      `wrong value for pods: ${mode},  must be one of: disabled, verified, insecure`,
      option.position,
    );
  return mode;
}

function isPodsMode(mode: string): mode is PodsMode {
  return PODS_MODES.includes(mode);
}

function ttlOf(option: Directive): number {
  const [text = ''] = someArgs(option);
  return readInteger(text, option, { min: 0, max: 3600, what: 'ttl' });
}

function selectorOf(option: Directive, what: string): string {
  const text = someArgs(option).join(' ');
  try {
    parseLabelSelector(text);
    return text;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new CorefileError(
      `unable to parse ${what} value: '${text}': ${error.message}`,
      option.position,
    );
  }
}

/** There is nothing to wait for: the option is checked and forgotten. */
function checkTimeout(option: Directive): void {
  const text = argOf(option);
  if (parseDuration(text) === undefined)
    throw new CorefileError(`failed to parse startup_timeout: ${text}`, option.position);
}
