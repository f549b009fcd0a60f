import type { Pod } from '../api/index.ts';
import type { KubeletContext } from './kubelet-context.ts';

/** What the kubelet says of a Pod. */
export interface PodNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** The name of the container that it is about. */
  readonly container?: string;
}

/** Records it as an Event of the Pod's Node. */
export function note(kubelet: KubeletContext, pod: Pod, { container, ...said }: PodNote): void {
  const { namespace, name } = pod.metadata;
  const fieldPath = container === undefined ? undefined : fieldPathOf(pod, container);
  const about = {
    kind: 'Pod',
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  } as const;
  kubelet.record({ about, host: pod.spec?.nodeName ?? '', ...said });
}

/** @see kubelet `GenerateContainerRef` */
function fieldPathOf({ spec }: Pod, name: string): string | undefined {
  const list = (['containers', 'initContainers', 'ephemeralContainers'] as const).find((each) =>
    spec?.[each]?.some((container) => container.name === name),
  );
  return list === undefined ? undefined : `spec.${list}{${name}}`;
}
