import type { Node, PodSpec, Taint, Toleration } from '../api/index.ts';

/** What a taint does to Pods that do not tolerate it. */
export type TaintEffect = 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';

/** The first taint of a Node with one of `effects` that the Pod does not tolerate. */
export function untoleratedTaint(
  spec: PodSpec,
  node: Node,
  effects: readonly TaintEffect[],
): Taint | undefined {
  return taintsOf(node, effects).find(
    (taint) => !(spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint)),
  );
}

/** The taints of a Node with one of `effects`. */
export function taintsOf(node: Node, effects: readonly TaintEffect[]): readonly Taint[] {
  return (node.spec?.taints ?? []).filter(({ effect }) => effects.some((own) => own === effect));
}

/** Whether a toleration covers a taint; empty fields of the toleration cover everything. @see corev1 `ToleratesTaint` */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = '', effect = '', operator = '', value = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return ['', 'Equal'].includes(operator) && value === (taint.value ?? '');
}
