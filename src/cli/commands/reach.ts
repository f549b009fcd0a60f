import type { ReachResult } from '../../control/index.ts';
import {
  EXIT,
  NAME_OPTION,
  NAMESPACE_OPTION,
  textOption,
  type Command,
  type ExitCode,
} from '../command.ts';
import { renderJunit, type JunitCase } from '../junit.ts';
import {
  deskOf,
  REACH_OPTIONS,
  readFlowOptions,
  readReachFormat,
  runExpectations,
  type ReachFormat,
} from '../reach-options.ts';
import { markdownRow, REACH_MARK, renderFlow } from '../render-reach.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane reach`: whether a Pod reaches each of its targets, and which policy says so. */
export const reach: Command = {
  name: 'reach',
  usage: ["reach 'FROM -> TO…' [-n NAMESPACE] [--decide] [-o FORMAT]", 'reach --expect FILE'],
  description:
    'Makes each connection as FROM would make it, and tells whether it got through and which rule of which policy decided.\nFROM is a Pod (namespace/pod, or deploy/web for one of its Pods), or `outside`; without it the outside asks.\nTO is a Pod or a Service (namespace/name, svc/name), a name, an address or a URL, with a port; udp:// sends a datagram.\nWith --expect all flows of FILE are made; a denial counts only where the target was seen to answer somebody.\nExit code 3 when a target is not reached, 1 when an expectation is not met.',
  options: { ...NAME_OPTION, ...NAMESPACE_OPTION, ...REACH_OPTIONS },
  examples: [
    "reach 'shop/deploy/web -> shop/api:8080'",
    "reach 'deploy/web -> redis:6379 udp://kube-dns.kube-system:53'",
    'reach --expect reach.yaml -o junit > reach.xml',
    'reach --expect reach.yaml -f manifests/',
  ],
  run: async (invocation) => {
    const { positionals, values, terminal } = invocation;
    const expected = textOption(values, 'expect');
    if (expected !== undefined) {
      if (positionals.length > 0)
        throw new UsageError('podlane reach: take either FROM -> TO or --expect FILE');
      return runExpectations(invocation, expected, 'reach');
    }
    const { from, to } = readFlows(positionals);
    const format = readReachFormat(values, 'reach');
    const desk = await deskOf(invocation);
    const results = await desk.reach({
      ...readFlowOptions(values, 'reach'),
      ...(from === undefined ? {} : { from }),
      to,
    });
    terminal.out(PRINTED[format](results, terminal));
    return exitCodeOf(results);
  },
};

/** `FROM -> TO…` in one word or several. @throws UsageError */
export function readFlows(positionals: readonly string[]): {
  readonly from?: string;
  readonly to: readonly string[];
} {
  const text = positionals.join(' ');
  const sides = text.split(/\s*(?:->|→)\s*/).map((side) => side.trim());
  const [first = '', second] = sides;
  const to = (second ?? first).split(/[\s,]+/).filter((word) => word !== '');
  if (to.length === 0)
    throw new UsageError(
      'podlane reach: nothing to reach',
      "Name where to: `podlane reach 'default/web -> api:8080'`.",
    );
  if (sides.length > 2 || (second !== undefined && /\s/.test(first)))
    throw new UsageError(
      `podlane reach: "${text}" is not FROM -> TO…`,
      "Quote the arrow, or the shell takes it: `podlane reach 'default/web -> api:8080'`.",
    );
  return second === undefined || first === '' ? { to } : { from: first, to };
}

const PRINTED: Readonly<
  Record<ReachFormat, (results: readonly ReachResult[], terminal: Terminal) => string>
> = {
  text: (results, terminal) => results.map((result) => renderFlow(result, terminal)).join('\n'),
  json: (results) => JSON.stringify(results),
  junit: (results) => renderJunit('podlane reach', results.map(caseOf)),
  markdown: (results) =>
    [
      '| | from | to | port | verdict | why |',
      '| --- | --- | --- | --- | --- | --- |',
      ...results.map(({ from, to, port, protocol, verdict, why }) =>
        markdownRow([REACH_MARK[verdict], from, to, `${port}/${protocol}`, verdict, why]),
      ),
    ].join('\n'),
};

function caseOf({ from, to, port, protocol, verdict, why, rule }: ReachResult): JunitCase {
  const message = `${verdict}: ${why}`;
  const text = rule === undefined ? message : `${message}\ndecided by ${rule}`;
  return {
    suite: from,
    name: `-> ${to} ${port}/${protocol}`,
    ...(verdict === 'allowed' ? {} : { failure: { message, text } }),
  };
}

function exitCodeOf(results: readonly ReachResult[]): ExitCode {
  return results.every(({ verdict }) => verdict === 'allowed') ? EXIT.Ok : EXIT.Unreachable;
}
