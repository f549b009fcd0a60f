import type { CountContext } from '../../admission-rules.ts';
import type { KindDefinition } from '../../kind.ts';
import type { ResourceQuota } from './kind.ts';
import type { KindRegistry } from '../../registry.ts';
import {
  addAmounts,
  areSameAmounts,
  countOf,
  pickAmounts,
  readAmounts,
  writeAmounts,
  type Amounts,
} from '../amounts.ts';
import { evaluatorOf, type Evaluator } from './evaluator.ts';
import { requirementsOf } from './scopes.ts';

/**
 * The quota with what is used of it now; undefined where it says so already.
 *
 * @see kubernetes `pkg/controller/resourcequota`, syncResourceQuota
 */
export function countQuota(quota: ResourceQuota, context: CountContext): ResourceQuota | undefined {
  const { spec = {}, status = {} } = quota;
  const hard = readAmounts(spec.hard);
  const counted = countUsage(quota, [...hard.keys()], context);
  const used = new Map([...pickAmounts(readAmounts(status.used), hard.keys()), ...counted]);
  const isKnown =
    status.hard !== undefined &&
    status.used !== undefined &&
    areSameAmounts(readAmounts(status.hard), hard) &&
    areSameAmounts(readAmounts(status.used), used);
  if (isKnown) return undefined;
  return { ...quota, status: { hard: writeAmounts(hard), used: writeAmounts(used) } };
}

function countUsage(
  quota: ResourceQuota,
  names: readonly string[],
  { reader, kinds, now }: CountContext,
): Amounts {
  const { namespace = '' } = quota.metadata;
  const requirements = requirementsOf(quota);
  let used: Amounts = new Map();
  for (const { definition, evaluator } of evaluatorsOf(names, kinds)) {
    const own = names.filter((name) => evaluator.counts(name));
    used = addAmounts(used, new Map(own.map((name) => [name, countOf(0)])));
    for (const object of reader.list<string>(definition.name, { namespace }))
      if (requirements.every((requirement) => evaluator.isInScope(requirement, object)))
        used = addAmounts(used, pickAmounts(evaluator.usage(object, now), own));
  }
  return used;
}

/** How the kinds count that the names are about. */
function evaluatorsOf(
  names: readonly string[],
  kinds: KindRegistry,
): readonly { readonly definition: KindDefinition; readonly evaluator: Evaluator }[] {
  const named = names.flatMap((name) => {
    const [, plural = '', group = ''] = /^(?:count\/)?([^./]+)(?:\.(.+))?$/.exec(name) ?? [];
    const isCounted = name.startsWith('count/') || group === '';
    return (isCounted && kinds.byResource(group, plural)) || [];
  });
  const special = ['Pod', 'Service', 'PersistentVolumeClaim'].map((kind) => kinds.byName(kind));
  return [...new Set([...special, ...named])].flatMap((definition) => {
    const evaluator = evaluatorOf(definition);
    const isMeant = evaluator !== undefined && names.some((name) => evaluator.counts(name));
    return isMeant ? [{ definition, evaluator }] : [];
  });
}
