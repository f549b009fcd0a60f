import type { Store } from '../../../../src/api/index.ts';
import type { Message } from '../../../../src/dns/index.ts';
import type { CaseResult } from '../../area.ts';
import type { MockUpstream } from './mock-upstream.ts';
import { askServer, judge } from './play-query.ts';
import type { SequenceCase, SequenceStep } from './table.ts';
import { applyObject } from './world.ts';

export interface SequenceContext {
  readonly port: number;
  readonly store: Store;
  /** Moves the server's clock to so many seconds after the start. */
  readonly moveTo: (seconds: number) => void;
  readonly now: () => number;
  readonly upstream: MockUpstream;
}

/** Plays one row of `sequenceCases`: changes and queries in turn. */
export async function playSequence(
  row: SequenceCase,
  context: SequenceContext,
): Promise<CaseResult> {
  const problems: string[] = [];
  const queriesBefore = context.upstream.queries();
  const serials = new Map<string, number>();
  for (const [index, step] of row.steps.entries()) {
    context.moveTo(step.t);
    if (step.do !== 'query') {
      await change(context, step);
      continue;
    }
    const { qname = '', qtype = '', query, expect = {} } = step;
    const asked = { qname, qtype, ...(query === undefined ? {} : { query }) };
    const { message } = await askServer(context.port, asked, expect);
    const asks = context.upstream.queries() - queriesBefore;
    const { upstreamQueriesSoFar = asks } = expect;
    const wrong = [
      ...(asks === upstreamQueriesSoFar ? [] : [`${asks} upstream queries so far`]),
      ...judge(message, expect, query),
      ...judgeSerial(message, step, { serials, now: context.now }),
    ];
    problems.push(...wrong.map((problem) => `step ${index}: ${problem}`));
  }
  return { id: row.id, title: row.group, ok: problems.length === 0, actual: problems };
}

async function change({ store, upstream }: SequenceContext, step: SequenceStep): Promise<void> {
  if (step.do === 'upstreamDown' || step.do === 'upstreamUp')
    await upstream.setDown(step.do === 'upstreamDown');
  else if (step.do === 'apply') applyObject(store, step.manifest);
  else if (step.do === 'delete') remove(store, step);
  else if (step.do === 'setEndpointReady') setReady(store, step);
  else throw new Error(`step ${step.do} is not known to the runner`);
}

function remove(store: Store, { object }: SequenceStep): void {
  if (object === undefined) return;
  const { kind, name } = object;
  const namespace = object.namespace ?? undefined;
  const ref = namespace === undefined ? { kind, name } : { kind, namespace, name };
  store.delete(ref, { gracePeriodSeconds: 0 });
  const held = store.get<string>(kind, namespace, name);
  // The namespace controller would empty it and let it go; the row wants it gone, and its objects there.
  if (held !== undefined)
    store.update({ ...held, spec: { finalizers: [] } }, { subresource: 'finalize' });
}

function setReady(store: Store, { object, address = '', ready = true }: SequenceStep): void {
  if (object === undefined) return;
  const slice = store.get('EndpointSlice', object.namespace ?? undefined, object.name);
  if (slice === undefined) throw new Error(`no slice ${object.name}`);
  const endpoints = (slice.endpoints ?? []).map((endpoint) =>
    endpoint.addresses.includes(address)
      ? { ...endpoint, conditions: { ready, serving: ready, terminating: false } }
      : endpoint,
  );
  store.update({ ...slice, endpoints });
}

function judgeSerial(
  message: Message | undefined,
  { expect = {} }: SequenceStep,
  { serials, now }: { readonly serials: Map<string, number>; readonly now: () => number },
): readonly string[] {
  const rdata = message?.answers[0]?.rdata;
  if (rdata?.kind !== 'soa') return [];
  const { serial } = rdata.soa;
  const { saveSerialAs, serialGreaterThan, serialIsUnixTimeWithinSeconds } = expect;
  if (saveSerialAs !== undefined) serials.set(saveSerialAs, serial);
  const problems: string[] = [];
  if (serialGreaterThan !== undefined && serial <= (serials.get(serialGreaterThan) ?? 0))
    problems.push(`serial ${serial} is not greater than before`);
  const off = Math.abs(serial - now() / 1000);
  if (serialIsUnixTimeWithinSeconds !== undefined && off > serialIsUnixTimeWithinSeconds)
    problems.push(`serial ${serial} is ${off} s off`);
  return problems;
}
