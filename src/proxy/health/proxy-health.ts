import { HEALTH_HEADERS, type HealthAnswer } from './service-health.ts';

export interface ProxyHealthOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long an update may wait to be applied. @default 60 */
  readonly timeoutSeconds?: number;
}

/** kube-proxy's health, as `/healthz` and `/livez` tell. @see kube-proxy, healthcheck/proxy_health.go */
export interface ProxyHealth {
  /** An update waits. */
  queued(): void;
  /** Everything that waited has been applied. */
  updated(): void;
  readonly isHealthy: boolean;
  /** @param isNodeEligible Whether the Node may take traffic from balancers. */
  healthz(isNodeEligible: boolean): HealthAnswer;
  livez(): HealthAnswer;
}

const FAMILIES = ['IPv4', 'IPv6'] as const;

/** A proxy that is starting: healthy until its first update is overdue. */
export function createProxyHealth({ now, timeoutSeconds = 60 }: ProxyHealthOptions): ProxyHealth {
  let queuedAt: number | undefined = now();
  let updatedAt = 0;
  const isHealthy = (at: number): boolean =>
    queuedAt === undefined || at - queuedAt < timeoutSeconds * 1000;
  const answer = (extra: { readonly nodeEligible?: boolean }): HealthAnswer => {
    const at = now();
    const healthy = isHealthy(at);
    const currentTime = new Date(at).toISOString();
    const lastUpdated = healthy ? currentTime : new Date(updatedAt).toISOString();
    const told = {
      lastUpdated,
      currentTime,
      ...extra,
      healthy,
      status: Object.fromEntries(FAMILIES.map((family) => [family, { lastUpdated, healthy }])),
    };
    const isOk = healthy && extra.nodeEligible !== false;
    return { status: isOk ? 200 : 503, headers: HEALTH_HEADERS, body: JSON.stringify(told) };
  };
  return {
    queued: () => {
      queuedAt ??= now();
    },
    updated: () => {
      queuedAt = undefined;
      updatedAt = now();
    },
    get isHealthy() {
      return isHealthy(now());
    },
    healthz: (isNodeEligible) => answer({ nodeEligible: isNodeEligible }),
    livez: () => answer({}),
  };
}
