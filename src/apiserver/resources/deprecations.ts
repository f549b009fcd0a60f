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
