import type { MatrixResult } from '../../control/index.ts';
import {
  EXIT,
  flagOption,
  NAME_OPTION,
  NAMESPACE_OPTION,
  textOption,
  type Command,
} from '../command.ts';
import { renderJunit } from '../junit.ts';
import {
  deskOf,
  REACH_OPTIONS,
  readFlowOptions,
  readReachFormat,
  runExpectations,
  type ReachFormat,
} from '../reach-options.ts';
import { matrixCases, renderMatrix, renderMatrixMarkdown } from '../render-reach.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane matrix`: the table of who reaches whom. */
export const matrix: Command = {
  name: 'matrix',
  usage: [
    'matrix [-n NAMESPACE | -A] [-l SELECTOR] [--port PORT] [--protocol PROTOCOL] [--services] [--decide] [-o FORMAT]',
    'matrix --expect FILE',
  ],
  description:
    'Makes a connection from every Pod to every Pod, and to every Service with --services, and prints which get through.\nWith --expect the flows of FILE are made instead; a denial counts only where the target was seen to answer somebody.\nExit code 1 when an expectation is not met.',
  options: {
    ...NAME_OPTION,
    ...NAMESPACE_OPTION,
    'all-namespaces': { type: 'boolean', short: 'A', help: 'Pods of every namespace' },
    selector: { type: 'string', short: 'l', value: 'SELECTOR', help: 'Pods with these labels' },
    services: { type: 'boolean', help: 'Services are targets too' },
    ...REACH_OPTIONS,
  },
  examples: [
    'matrix -n shop',
    'matrix -A --port 80 --protocol UDP -o markdown',
    'matrix -f manifests/ -n shop --services',
    'matrix --expect reach.yaml -o junit > reach.xml',
  ],
  run: async (invocation) => {
    const { positionals, values, terminal } = invocation;
    if (positionals.length > 0)
      throw new UsageError(
        `podlane matrix: takes no "${positionals.join(' ')}"`,
        'Name a namespace with -n, manifests with -f.',
      );
    const expected = textOption(values, 'expect');
    if (expected !== undefined) return runExpectations(invocation, expected, 'matrix');
    const format = readReachFormat(values, 'matrix');
    const selector = textOption(values, 'selector');
    const desk = await deskOf(invocation);
    const result = await desk.matrix({
      ...readFlowOptions(values, 'matrix'),
      isAllNamespaces: flagOption(values, 'all-namespaces'),
      hasServices: flagOption(values, 'services'),
      ...(selector === undefined ? {} : { labelSelector: selector }),
    });
    for (const line of result.skipped) terminal.err(`left out: ${line}`);
    terminal.out(PRINTED[format](result, terminal));
    return EXIT.Ok;
  },
};

const PRINTED: Readonly<Record<ReachFormat, (result: MatrixResult, terminal: Terminal) => string>> =
  {
    text: renderMatrix,
    json: (result) => JSON.stringify(result),
    junit: (result) => renderJunit('podlane matrix', matrixCases(result)),
    markdown: renderMatrixMarkdown,
  };
