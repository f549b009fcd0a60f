import type { Outcome, Row } from './expectation.ts';
import { isRecord, sorted } from './expectation.ts';
import type { Field } from './plant.ts';
import { DEFAULT_NODES, type NodeRow, type PodRow, type ServiceRow } from './plant.ts';
import { MANAGER, plainSlice, slicesOf, touched } from './slices.ts';

/** Kind `podsToSlices`: Nodes, Pods and a Service in, slices out. */
export async function podsToSlices({ input, expect }: Row, field: Field): Promise<Outcome> {
  plantNodes(field, input['nodes']);
  field.service(input['service'] as ServiceRow);
  for (const pod of (input['pods'] ?? []) as readonly PodRow[]) field.pod(pod);
  await field.start();
  if (typeof expect['slices'] === 'string') {
    const count = touched(field, 'ADDED').length + touched(field, 'DELETED').length;
    return { slices: count === 0 ? expect['slices'] : `${count} created or deleted` };
  }
  return { slices: sorted(slicesOf(field, MANAGER).map(plainSlice)) };
}

/** The same form for what is expected. */
export function expectedSlices({ expect }: Row): Outcome {
  const { slices } = expect;
  if (!Array.isArray(slices)) return expect;
  const plain = slices.map((slice: unknown) =>
    isRecord(slice)
      ? {
          ...slice,
          ports: sorted(listIn(slice, 'ports')),
          endpoints: sorted(listIn(slice, 'endpoints')),
        }
      : slice,
  );
  return { ...expect, slices: sorted(plain) };
}

/** Nodes as rows write them: a list, or the default three. */
export function plantNodes(field: Field, nodes: unknown): void {
  const rows = Array.isArray(nodes) ? (nodes as readonly NodeRow[]) : DEFAULT_NODES;
  for (const row of rows) field.node(row);
}

function listIn(record: Readonly<Record<string, unknown>>, key: string): readonly unknown[] {
  const list = record[key];
  return Array.isArray(list) ? list : [];
}
