import type { KubeObject } from '../../api/index.ts';
import type { Target } from '../context.ts';

/** What clients are told about a resource that they use; the texts of kube-apiserver's `Warning` headers. */
export function deprecationsOf({ definition }: Target): readonly string[] {
  const text = DEPRECATED[definition.name];
  return text === undefined ? [] : [text];
}

const DEPRECATED: Readonly<Record<string, string>> = {
  Endpoints: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  ComponentStatus: 'v1 ComponentStatus is deprecated in v1.19+',
};

/** What clients are told about an object that they wrote. */
export function warningsOf(object: KubeObject, { definition }: Target): readonly string[] {
  return WARNINGS[definition.name]?.(object) ?? [];
}

const WARNINGS: Readonly<Record<string, (object: KubeObject) => readonly string[]>> = {
  Service: (service) => {
    const { externalIPs = [] } = (service['spec'] ?? {}) as {
      readonly externalIPs?: readonly string[];
    };
    return externalIPs.length === 0
      ? []
      : ['spec.externalIPs is deprecated and may no longer be implemented in some clusters'];
  },
};
