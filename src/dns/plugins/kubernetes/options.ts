import { parseLabelSelector, type LabelPredicate } from '../../../api/index.ts';
import { zonesOf } from '../../zones.ts';

/** Whether names of Pods are answered: never, for any address, or for addresses of Pods that run. */
export type PodsMode = 'disabled' | 'insecure' | 'verified';

/** What a Corefile says inside `kubernetes { … }`, under the same names. */
export interface KubernetesOptions {
  /** Zones to answer for, names or prefixes; PTR records point into the first that is no reverse zone. @default cluster.local, in-addr.arpa, ip6.arpa */
  readonly zones?: readonly string[];
  /** @default 'disabled' */
  readonly pods?: PodsMode;
  /** TTL of every record but `dns-version`, 0–3600. @default 5 */
  readonly ttlSeconds?: number;
  /** Zones in which names that do not exist go on to the next plugin. @default none */
  readonly fallthrough?: readonly string[];
  /** Namespaces to show; all when absent. */
  readonly namespaces?: readonly string[];
  /** Selector of Namespaces to show. */
  readonly namespaceLabels?: string;
  /** Selector of Services and EndpointSlices to show. */
  readonly labels?: string;
  /** Endpoints without a hostname go by their Pod's name, not by their address. @default false */
  readonly endpointPodNames?: boolean;
  /** Endpoints are not looked at. @default false */
  readonly noEndpoints?: boolean;
  /** ClusterIP Services without endpoints do not exist. @default false */
  readonly ignoreEmptyService?: boolean;
  /** Zones served from ServiceImports. @default none */
  readonly multicluster?: readonly string[];
  /** Answer `ZONE.pin|prefer._zone.SERVICE…`. @default false */
  readonly zonal?: boolean;
}

/** Options with defaults filled in and texts read. */
export interface KubernetesSettings {
  readonly zones: readonly string[];
  readonly primaryZone: string;
  readonly pods: PodsMode;
  readonly ttl: number;
  readonly fallthrough: readonly string[];
  readonly namespaces: ReadonlySet<string> | undefined;
  readonly isNamespaceSelected: LabelPredicate;
  readonly isSelected: LabelPredicate;
  readonly hasPodNames: boolean;
  readonly hasEndpoints: boolean;
  readonly ignoresEmptyServices: boolean;
  readonly multicluster: ReadonlySet<string>;
  readonly isZonal: boolean;
}

const DEFAULTS = {
  zones: ['cluster.local', 'in-addr.arpa', 'ip6.arpa'],
  pods: 'disabled',
  ttlSeconds: 5,
  fallthrough: [],
  namespaces: [],
  endpointPodNames: false,
  noEndpoints: false,
  ignoreEmptyService: false,
  multicluster: [],
  zonal: false,
} as const satisfies KubernetesOptions;

/**
 * @throws ApiError BadRequest for a selector that cannot be read.
 */
export function resolveOptions(options: KubernetesOptions): KubernetesSettings {
  const chosen = { ...DEFAULTS, ...options };
  const zones = chosen.zones.flatMap(zonesOf);
  const forward = zones.find((zone) => !/(^|\.)(in-addr|ip6)\.arpa\.$/.test(zone));
  return {
    zones,
    primaryZone: forward ?? zones[0] ?? '.',
    pods: chosen.pods,
    ttl: chosen.ttlSeconds,
    fallthrough: chosen.fallthrough.flatMap(zonesOf),
    namespaces: chosen.namespaces.length > 0 ? new Set(chosen.namespaces) : undefined,
    isNamespaceSelected: selectorOf(options.namespaceLabels),
    isSelected: selectorOf(options.labels),
    hasPodNames: chosen.endpointPodNames,
    hasEndpoints: !chosen.noEndpoints,
    ignoresEmptyServices: chosen.ignoreEmptyService,
    multicluster: new Set(chosen.multicluster.flatMap(zonesOf)),
    isZonal: chosen.zonal,
  };
}

function selectorOf(text: string | undefined): LabelPredicate {
  return text === undefined ? () => true : parseLabelSelector(text);
}
