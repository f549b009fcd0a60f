import type { KubeObject } from '../../api/index.ts';
import type { Target } from '../context.ts';

/** What clients are told about using `object`; the texts of kube-apiserver's `Warning` headers. */
export function warningsOf(object: KubeObject, { definition }: Target): readonly string[] {
  return WARNINGS[definition.name]?.(object) ?? [];
}

const WARNINGS: Readonly<Record<string, (object: KubeObject) => readonly string[]>> = {
  Endpoints: () => ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
  Service: (service) => {
    const { externalIPs = [] } = (service['spec'] ?? {}) as {
      readonly externalIPs?: readonly string[];
    };
    return externalIPs.length === 0
      ? []
      : ['spec.externalIPs is deprecated and may no longer be implemented in some clusters'];
  },
};
