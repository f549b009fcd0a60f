import type { Charge, RuledWrite } from '../../admission-rules.ts';
import type { ResourceQuota } from './kind.ts';
import type { KubeObject } from '../../object.ts';
import {
  addAmounts,
  pickAmounts,
  readAmounts,
  showAmounts,
  subtractAmounts,
  writeAmounts,
  type Amounts,
} from '../amounts.ts';
import { forbidden } from '../forbidden.ts';
import { countQuota } from './count-quota.ts';
import { evaluatorOf, type Evaluator } from './evaluator.ts';
import { requirementsOf } from './scopes.ts';

/** A quota that counts the object that is written. */
interface Concern {
  readonly quota: ResourceQuota;
  readonly hard: Amounts;
  readonly used: Amounts;
  /** What the write adds. */
  readonly added: Amounts;
}

/**
 * Lets a write pass that every quota of its Namespace has room for.
 *
 * What is used is written down with the object, before anybody else can write: a quota is never overrun. A quota that
 * nobody has counted yet is counted here.
 *
 * @returns what writes it down; undefined where nothing more is used. @throws ApiError Forbidden.
 * @see apiserver `admission/plugin/resourcequota`
 */
export function checkQuotas(write: RuledWrite): Charge | undefined {
  const { definition, object, isDryRun, store } = write;
  const { namespace = '' } = object?.metadata ?? {};
  if (object === undefined || namespace === '') return undefined;
  const evaluator = evaluatorOf(definition);
  if (evaluator === undefined || !evaluator.handles(write)) return undefined;
  const quotas = store.list<string>('ResourceQuota', { namespace });
  if (quotas.length === 0) return undefined;
  const concerns = quotas.flatMap((quota) => concernOf(quota, evaluator, { write, object }) ?? []);
  for (const concern of concerns) checkRoom(concern, write);
  if (isDryRun || concerns.length === 0) return undefined;
  return () => {
    for (const { quota, hard, used, added } of concerns) {
      const status = {
        hard: writeAmounts(hard),
        used: writeAmounts(addAmounts(used, added)),
      };
      store.update({ ...quota, status }, { subresource: 'status' });
    }
  };
}

interface Question {
  readonly write: RuledWrite;
  readonly object: KubeObject;
}

/** What the write changes in a quota; undefined where that is nothing. @throws ApiError Forbidden. */
function concernOf(
  stored: ResourceQuota,
  evaluator: Evaluator,
  { write, object }: Question,
): Concern | undefined {
  const { store, kinds, now } = write;
  if (!isInScopes(stored, evaluator, object)) return undefined;
  const counted = Object.keys(stored.spec?.hard ?? {}).filter((name) => evaluator.counts(name));
  if (counted.length === 0) return undefined;
  const missing = evaluator.missing(counted, object);
  const { name } = stored.metadata;
  if (missing !== '') throw forbidden(write, `failed quota: ${name}: ${missing}`);
  const quota = isCounted(stored)
    ? stored
    : (countQuota(stored, { reader: store, kinds, now }) ?? stored);
  const [hard, used] = [readAmounts(quota.status?.hard), readAmounts(quota.status?.used)];
  const added = addedBy(stored, evaluator, { write, object });
  const concerned = [...pickAmounts(added, hard.keys())].filter(([, { nanos }]) => nanos !== 0n);
  return concerned.length === 0 ? undefined : { quota, hard, used, added: new Map(concerned) };
}

/** Whether somebody has said how much of it is used. */
function isCounted({ spec, status }: ResourceQuota): boolean {
  const hard = Object.entries(spec?.hard ?? {});
  return (
    hard.length === Object.keys(status?.hard ?? {}).length &&
    hard.every(
      ([name, amount]) => status?.hard?.[name] === amount && status.used?.[name] !== undefined,
    )
  );
}

function isInScopes(quota: ResourceQuota, evaluator: Evaluator, object: KubeObject): boolean {
  return requirementsOf(quota).every((requirement) => evaluator.isInScope(requirement, object));
}

/** Of what the quota counted before only the rise. @throws ApiError Forbidden for less than nothing. */
function addedBy(quota: ResourceQuota, evaluator: Evaluator, { write, object }: Question): Amounts {
  const { old, now } = write;
  const usage = evaluator.usage(object, now);
  const negative = [...usage].filter(([, { nanos }]) => nanos < 0n).map(([name]) => name);
  if (negative.length > 0)
    throw forbidden(
      write,
      `quota usage is negative for resource(s): ${negative.toSorted().join(',')}`,
    );
  return old !== undefined && isInScopes(quota, evaluator, old)
    ? subtractAmounts(usage, evaluator.usage(old, now))
    : usage;
}

/** @throws ApiError Forbidden where there is no room. */
function checkRoom({ quota, hard, used, added }: Concern, write: RuledWrite): void {
  if (write.subresource === 'status') return;
  const after = addAmounts(used, added);
  const exceeded = [...added.keys()].filter(
    (name) => (after.get(name)?.nanos ?? 0n) > (hard.get(name)?.nanos ?? 0n),
  );
  if (exceeded.length === 0) return;
  const [requested, before, limited] = [added, used, hard].map((amounts) =>
    showAmounts(pickAmounts(amounts, exceeded)),
  );
  throw forbidden(
    write,
    `exceeded quota: ${quota.metadata.name}, requested: ${requested}, used: ${before}, limited: ${limited}`,
  );
}
