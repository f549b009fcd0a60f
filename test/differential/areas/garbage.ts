/** Objects that own each other, deleted in the three ways. */
import type { Dice } from '../../fuzz/target.ts';
import { request, together, type Area, type Stage, type Step } from '../script.ts';
import type { ApiObject } from '../side.ts';

export const garbage: Area = {
  kinds: ['ConfigMap', 'Secret', 'Event'],
  cluster: () => [],
  script,
  // Every Namespace has the certificate of its own cluster, and versions rise at the pace of a run.
  loosen: (_, objects) => objects.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt'),
  // The collector looks for owners that it does not know, and tries again.
  quietMs: 700,
};

const PLURALS = { ConfigMap: 'configmaps', Secret: 'secrets' } as const;
type Kind = keyof typeof PLURALS;

/** `c0` … `c3` are ConfigMaps, `s0` … `s3` Secrets. */
interface Thing {
  readonly kind: Kind;
  readonly name: string;
}

const THINGS: readonly Thing[] = [0, 1, 2, 3].flatMap((index): Thing[] => [
  { kind: 'ConfigMap', name: `c${index}` },
  { kind: 'Secret', name: `s${index}` },
]);

function script(dice: Dice): readonly Step[] {
  const changes = Array.from({ length: dice.between(5, 10) }, () => dice.pick(CHANGES)(dice));
  return [
    together(THINGS.map((thing, index) => create(dice, thing, THINGS.slice(0, index)))),
    ...changes,
  ];
}

function pathOf({ kind, name }: Thing): string {
  return `/api/v1/namespaces/NS/${PLURALS[kind]}/${name}`;
}

/** What one object says of an owner. */
interface Ownership {
  readonly owner: Thing;
  readonly blockOwnerDeletion: boolean;
  readonly controller: boolean;
  /** Whether the owner with this uid was never there. */
  readonly isStale: boolean;
}

function ownerships(dice: Dice, owners: readonly Thing[]): readonly Ownership[] {
  if (owners.length === 0) return [];
  return Array.from({ length: dice.pick([0, 1, 1, 1, 2]) }, (_, index) => ({
    owner: dice.pick(owners),
    blockOwnerDeletion: dice.once(2),
    controller: index === 0 && dice.once(2),
    isStale: dice.once(12),
  })).filter(({ owner }, index, all) => all.findIndex((other) => other.owner === owner) === index);
}

async function referencesOf(
  { ask }: Stage,
  owned: readonly Ownership[],
): Promise<readonly object[]> {
  return Promise.all(
    owned.map(async ({ owner, isStale, ...flags }) => {
      const { body } = await ask({ method: 'GET', path: pathOf(owner) });
      const { uid } = (body as Partial<ApiObject>).metadata ?? {};
      return {
        apiVersion: 'v1',
        kind: owner.kind,
        name: owner.name,
        uid: isStale || uid === undefined ? '00000000-0000-4000-8000-000000000000' : uid,
        ...flags,
      };
    }),
  );
}

function create(dice: Dice, thing: Thing, owners: readonly Thing[]): Step {
  const owned = ownerships(dice, owners);
  const finalizers = dice.once(6) ? { finalizers: ['example.org/held'] } : {};
  return {
    says: `create ${thing.name} ${JSON.stringify({ owned, ...finalizers })}`,
    act: async (stage) => {
      const ownerReferences = await referencesOf(stage, owned);
      const metadata = { name: thing.name, ownerReferences, ...finalizers };
      const path = pathOf(thing).replace(/\/[^/]+$/, '');
      return (await stage.ask({ method: 'POST', path, body: { metadata } })).status;
    },
  };
}

function remove(dice: Dice): Step {
  const policy = dice.pick(['Foreground', 'Foreground', 'Background', 'Orphan', undefined]);
  const query = policy === undefined ? '' : `?propagationPolicy=${policy}`;
  return request({ method: 'DELETE', path: `${pathOf(dice.pick(THINGS))}${query}` });
}

const CHANGES: readonly ((dice: Dice) => Step)[] = [
  remove,
  remove,
  remove,
  remove,
  (dice) => together([remove(dice), remove(dice)]),
  (dice) => {
    const body = { metadata: { finalizers: null } };
    return request({ method: 'PATCH', path: pathOf(dice.pick(THINGS)), body });
  },
  (dice) => {
    const body = { metadata: { finalizers: ['example.org/held'] } };
    return request({ method: 'PATCH', path: pathOf(dice.pick(THINGS)), body });
  },
  (dice) => {
    const at = dice.between(1, THINGS.length - 1);
    return adopt(dice, THINGS[at] as Thing, THINGS.slice(0, at)); // within the list
  },
  (dice) => {
    const at = dice.between(1, THINGS.length - 1);
    return create(dice, THINGS[at] as Thing, THINGS.slice(0, at)); // within the list
  },
];

/** Gives an object other owners. */
function adopt(dice: Dice, thing: Thing, owners: readonly Thing[]): Step {
  const owned = ownerships(dice, owners);
  return {
    says: `give ${thing.name} ${JSON.stringify(owned)}`,
    act: async (stage) => {
      const ownerReferences = await referencesOf(stage, owned);
      const body = { metadata: { ownerReferences } };
      return (await stage.ask({ method: 'PATCH', path: pathOf(thing), body })).status;
    },
  };
}
