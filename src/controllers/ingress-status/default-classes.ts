import type { IngressClass } from '../../api/index.ts';

/** The controller that podlane's own IngressClass names. */
export const INGRESS_CONTROLLER = 'podlane.dev/ingress';

/**
 * The IngressClasses that every cluster starts with: `podlane`, which Ingresses without a class get, and `nginx`, since
 * manifests that people have name it without bringing it.
 */
export function defaultIngressClasses(): readonly IngressClass[] {
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: {
        name: 'podlane',
        annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' },
      },
      spec: { controller: INGRESS_CONTROLLER },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx' },
      spec: { controller: 'k8s.io/ingress-nginx' },
    },
  ];
}
