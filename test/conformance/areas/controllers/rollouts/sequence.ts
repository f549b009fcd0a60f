import type { Play } from './actions.ts';

const KINDS = ['Deployment', 'ReplicaSet', 'Pod'] as const;

/** Remembers what happens to the owners and Pods of a scenario as a client that watches them sees it. */
export function recordSequence({ stage, remembered, scenario }: Play): Disposable | undefined {
  if (!('sequence' in scenario)) return undefined;
  const rows: object[] = [];
  remembered.set('sequence', rows);
  const watches = KINDS.map((kind) =>
    stage.store.watch<string>(kind, ({ type, object }) => {
      const { finalizers = [], deletionTimestamp, ownerReferences = [] } = object.metadata;
      rows.push({
        object: kind.toLowerCase(),
        event: type,
        finalizers,
        terminating: deletionTimestamp !== undefined,
        hasOwner: ownerReferences.length > 0,
      });
    }),
  );
  return {
    [Symbol.dispose]: () => {
      for (const watch of watches) watch[Symbol.dispose]();
    },
  };
}
