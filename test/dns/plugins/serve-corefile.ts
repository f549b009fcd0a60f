/** A server over a Corefile, asked as `dig` would ask it, with a clock that moves when told. */
import type { Store } from '../../../src/api/index.ts';
import {
  createClusterDns,
  createQuery,
  formatRecord,
  rcodeName,
  typeOf,
  type Answer,
  type ClusterDns,
  type Query,
} from '../../../src/dns/index.ts';
import {
  createFakeClock,
  SILENT,
  type Clock,
  type FakeClock,
  type Logger,
} from '../../../src/observe/index.ts';
import { createZoneStore, START } from '../zone.ts';

export interface CorefileServer extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly dns: ClusterDns;
  /** `RCODE`, then what is in the sections as zone lines; those of authority begin with `authority`. */
  ask(question: string, fields?: Partial<Query>): Promise<readonly string[]>;
  answer(question: string, fields?: Partial<Query>): Promise<Answer | undefined>;
  /** The value of a metric's line, or undefined. */
  metric(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

export interface ServeOptions {
  readonly store?: Store;
  readonly log?: Logger;
  /** @default 0.5 */
  readonly random?: () => number;
  /** Instead of one that moves when told. */
  readonly clock?: Clock;
  /** Of resolv.conf. @default none */
  readonly search?: readonly string[];
}

/** @param body The inside of a block for all names, or a whole Corefile with its ports. */
export async function serveCorefile(
  body: string,
  options: ServeOptions = {},
): Promise<CorefileServer> {
  const { store = createZoneStore(), search = [] } = options;
  const clock = createFakeClock(START);
  const dns = createClusterDns({
    store,
    clock: options.clock ?? clock,
    random: options.random ?? (() => 0.5),
    log: options.log ?? SILENT,
    resolvConf: () => ({ nameservers: [], search, options: [] }),
  });
  const text = /^\S*:53 \{$/m.test(body) ? body : `.:53 {\n${body}\n}\n`;
  await dns.load({ file: 'Corefile', text });
  const answer: CorefileServer['answer'] = async (question, fields = {}) => {
    const [name = '', type = 'A'] = question.split(' ');
    return await dns.resolve({ ...createQuery(name, typeOf(type) ?? 1), ...fields });
  };
  return {
    clock,
    store,
    dns,
    answer,
    ask: async (question, fields) => show(await answer(question, fields)),
    metric: (name, labels = {}) =>
      dns.metrics
        .snapshot()
        .flatMap(({ name: family, values }) =>
          values.map((value) => ({ line: value.metricName ?? family, ...value })),
        )
        .find(
          (value) =>
            value.line === name &&
            Object.entries(labels).every(([label, text_]) => value.labels[label] === text_),
        )?.value,
    [Symbol.asyncDispose]: () => dns[Symbol.asyncDispose](),
  };
}

function show(answer: Answer | undefined): readonly string[] {
  if (answer === undefined) return ['silence'];
  const lines = (section: string, records: Answer['answers']): readonly string[] =>
    records.map((record) => `${section}${formatRecord(record).replace(' IN ', ' ')}`);
  return [
    rcodeName(answer.rcode),
    ...lines('', answer.answers),
    ...lines('authority ', answer.authority),
    ...lines('additional ', answer.additional),
  ];
}
