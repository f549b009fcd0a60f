import { resolve } from 'node:path';
import type { ReachDesk } from '../index.ts';
import { isPortOrName, type Protocol } from '../net/index.ts';
import {
  EXIT,
  flagOption,
  listOption,
  textOption,
  type ExitCode,
  type Invocation,
  type OptionSpec,
  type OptionValues,
} from './command.ts';
import { renderJunit } from './junit.ts';
import {
  expectationCases,
  renderExpectations,
  renderExpectationsMarkdown,
} from './render-reach.ts';
import { UsageError } from './usage-error.ts';

/** What `reach` and `matrix` have in common. */
export const REACH_OPTIONS: Readonly<
  Record<'port' | 'protocol' | 'decide' | 'expect' | 'files' | 'output', OptionSpec>
> = {
  port: { type: 'string', value: 'PORT', help: 'number or name (default the first of the target)' },
  protocol: { type: 'string', value: 'PROTOCOL', help: 'TCP, UDP or SCTP' },
  decide: { type: 'boolean', help: 'from decisions alone, without traffic' },
  expect: {
    type: 'string',
    value: 'FILE',
    help: 'a list of from, to and expect: allow or deny; exit code 1 where it differs',
  },
  files: {
    type: 'string',
    short: 'f',
    multiple: true,
    value: 'PATH',
    help: 'manifests to ask in memory, instead of a running instance',
  },
  output: { type: 'string', short: 'o', value: 'FORMAT', help: 'json, junit or markdown' },
};

/** The cluster of `--files`, else the running instance. */
export async function deskOf({ values, client }: Invocation): Promise<ReachDesk> {
  const files = listOption(values, 'files');
  if (files.length > 0) {
    // Slow to load: it is the whole of a cluster.
    const { reachInMemory } = await import('../index.ts');
    return reachInMemory(files);
  }
  const instance = client();
  return {
    reach: (request) => instance.call('reach', request),
    matrix: (request) => instance.call('matrix', request),
    expect: (request) => instance.call('expect', request),
  };
}

export type ReachFormat = 'text' | 'json' | 'junit' | 'markdown';

/** @throws UsageError */
export function readReachFormat(values: OptionValues, verb: string): ReachFormat {
  const format = textOption(values, 'output');
  if (format === undefined) return 'text';
  if (format === 'json' || format === 'junit' || format === 'markdown') return format;
  throw new UsageError(
    `podlane ${verb}: unknown output format "${format}"`,
    'Formats: json, junit, markdown.',
  );
}

/** What is asked of flows, as the control protocol has it. @throws UsageError */
export function readFlowOptions(
  values: OptionValues,
  verb: string,
): {
  readonly namespace: string;
  readonly isDecided: boolean;
  readonly port?: string;
  readonly protocol?: Protocol;
} {
  return {
    namespace: textOption(values, 'namespace') ?? 'default',
    isDecided: flagOption(values, 'decide'),
    ...readPortOptions(values, verb),
  };
}

/** `--port` and `--protocol`. @throws UsageError */
export function readPortOptions(
  values: OptionValues,
  verb: string,
): { readonly port?: string; readonly protocol?: Protocol } {
  const port = textOption(values, 'port');
  if (port !== undefined && !isPortOrName(port))
    throw new UsageError(
      `podlane ${verb}: --port takes a number from 1 to 65535 or the name of a port, not "${port}"`,
    );
  const protocol = protocolOf(textOption(values, 'protocol'), verb);
  return {
    ...(port === undefined ? {} : { port }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}

function protocolOf(text: string | undefined, verb: string): Protocol | undefined {
  const upper = text?.toUpperCase();
  if (upper === undefined || upper === 'TCP' || upper === 'UDP' || upper === 'SCTP') return upper;
  throw new UsageError(`podlane ${verb}: --protocol takes TCP, UDP or SCTP, not "${text}"`);
}

/** Judges a file of expectations and prints what came out. */
export async function runExpectations(
  invocation: Invocation,
  file: string,
  verb: string,
): Promise<ExitCode> {
  const { values, terminal } = invocation;
  const format = readReachFormat(values, verb);
  const desk = await deskOf(invocation);
  const result = await desk.expect({
    file: resolve(file),
    shown: file === '-' ? 'standard input' : file,
    ...(file === '-' ? { input: await terminal.readInput() } : {}),
    namespace: textOption(values, 'namespace') ?? 'default',
    isDecided: flagOption(values, 'decide'),
  });
  const printed = {
    text: () => renderExpectations(result, terminal),
    json: () => JSON.stringify(result),
    junit: () => renderJunit(`podlane ${verb}`, expectationCases(result)),
    markdown: () => renderExpectationsMarkdown(result),
  };
  terminal.out(printed[format]());
  return result.expectations.every(({ outcome }) => outcome === 'met') ? EXIT.Ok : EXIT.Failed;
}
