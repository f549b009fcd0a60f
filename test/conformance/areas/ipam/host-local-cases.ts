import { HostLocal, type HostLocalRange } from '../../../../src/ipam/index.ts';
import { parseIp } from '../../../../src/net/index.ts';
import type { Problems } from './expectation.ts';
import { attempt, show, type Outcome } from './step.ts';

interface HostLocalInput {
  readonly ranges: readonly HostLocalRange[];
  readonly steps?: readonly string[];
  readonly request?: string;
  readonly taken?: readonly string[];
}

interface HostLocalExpect {
  readonly results?: readonly unknown[];
  readonly error?: string | true;
  readonly ok?: boolean;
  readonly result?: string;
}

export function hostLocalSequence(input: HostLocalInput, expect: HostLocalExpect): Problems {
  let block = new HostLocal(input.ranges);
  const results = (input.steps ?? []).map((step): unknown => {
    const [verb = '', id = '', ...rest] = step.split(' ');
    if (verb === 'del') return show(attempt(() => block.delete(id)));
    if (verb === 'restart') {
      // What is on disk outlives the process as JSON.
      const state = JSON.parse(JSON.stringify(block.state())) as ReturnType<HostLocal['state']>;
      block = new HostLocal(input.ranges, state);
      return 'ok';
    }
    if (verb !== 'add') throw new Error(`unknown step ${step}`);
    const [, name, count] = /^(.+)\*(\d+)$/.exec(id) ?? [];
    if (name === undefined)
      return show(attempt(() => block.add(id, parseIp(rest.at(-1) ?? '')).text));
    const all = Array.from({ length: Number(count) }, (_, index) =>
      attempt(() => block.add(`${name}${index}`).text),
    );
    return {
      first: all[0]?.value,
      last: all.at(-1)?.value,
      count: all.filter(({ error }) => error === undefined).length,
    };
  });
  return JSON.stringify(results) === JSON.stringify(expect.results)
    ? []
    : results.map((result) => JSON.stringify(result));
}

export function hostLocalConfig({ ranges }: HostLocalInput, expect: HostLocalExpect): Problems {
  return judge(
    attempt(() => void new HostLocal(ranges)),
    expect,
  );
}

export function hostLocalRequest(input: HostLocalInput, expect: HostLocalExpect): Problems {
  const block = new HostLocal(input.ranges);
  for (const [index, taken] of (input.taken ?? []).entries())
    block.add(`other-${index}`, parseIp(taken));
  return judge(
    attempt(() => block.add('a', parseIp(input.request ?? '')).text),
    expect,
  );
}

function judge(outcome: Outcome, { error, result }: HostLocalExpect): Problems {
  const isAsWanted =
    error === undefined
      ? outcome.error === undefined && (result === undefined || result === outcome.value)
      : outcome.error !== undefined && (error === true || outcome.error.includes(error));
  return isAsWanted ? [] : [show(outcome)];
}
