import type { ReachVerdict } from '../../control/index.ts';
import type { Step } from '../../observe/index.ts';

/** Which policies decided a flow, as its steps tell. */
export interface Reason {
  /** What the policies say; undefined where none had a say. */
  readonly why: string | undefined;
  /** `NetworkPolicy shop/api spec.ingress[0] (np.yaml:3)`; with several that isolate, all of them. */
  readonly rule: string | undefined;
}

/** The refusal of the policies where a flow was denied, the last permission where it was not, a rule's first. */
export function reasonOf(steps: readonly Step[], verdict: ReachVerdict): Reason {
  const own = steps.filter(({ part }) => part === 'policy');
  if (verdict === 'denied' || verdict === 'mixed')
    return reasonFrom(own.filter(({ outcome }) => outcome === 'fail'));
  const passed = own.filter(({ outcome }) => outcome === 'pass');
  const rule = passed.findLast(({ object }) => object !== undefined) ?? passed.at(-1);
  return reasonFrom(rule === undefined ? [] : [rule]);
}

/** The verdict, and what each policy has to do with it. */
function reasonFrom([verdict, ...policies]: readonly Step[]): Reason {
  if (verdict === undefined) return { why: undefined, rule: undefined };
  const own = policies.length === 0 ? textOf(verdict) : verdict.what;
  const objects = [verdict, ...policies].flatMap(({ object }) => object ?? []);
  return {
    why: policies.length === 0 ? own : `${own}: ${policies.map(textOf).join('; ')}`,
    rule: objects.length === 0 ? undefined : objects.join(', '),
  };
}

function textOf({ what, because }: Step): string {
  return because === undefined ? what : `${what} (${because})`;
}
