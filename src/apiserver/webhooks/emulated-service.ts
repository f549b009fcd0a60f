import type { WebhookClientConfig } from '../../api/index.ts';
import type { ApiContext } from '../context.ts';

/**
 * Whether a webhook is behind Pods whose image podlane only stands for: the program that would answer does not run.
 *
 * Such a webhook is passed over whatever its `failurePolicy` is, or whoever brings the manifests of an operator could
 * write nothing any more. A Pod that hands its traffic to a process, and an endpoint that is no Pod, are asked.
 */
export function isEmulated({ service }: WebhookClientConfig, { store, pods }: ApiContext): boolean {
  if (service === undefined) return false;
  const { name = '', namespace = '' } = service;
  const slices = store.list('EndpointSlice', {
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const ready = slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false);
  const isStandIn = ({ targetRef }: (typeof ready)[number]): boolean => {
    const pod =
      targetRef?.kind === 'Pod' ? store.get('Pod', namespace, targetRef.name ?? '') : undefined;
    return pod !== undefined && pods?.isForwarded(pod) === false;
  };
  return ready.length > 0 && ready.every(isStandIn);
}

/** What a client is told then. */
export function passedOver(webhook: string, { service }: WebhookClientConfig): string {
  return `admission webhook ${JSON.stringify(webhook)} was not asked: podlane runs no image behind Service ${service?.namespace}/${service?.name}; hand one of its Pods to a process with the annotation podlane.dev/forward, or with --pod`;
}
