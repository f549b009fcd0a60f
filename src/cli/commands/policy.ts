import { diffPolicies, type FlowChange, type PolicyDiffResult } from '../../index.ts';
import {
  EXIT,
  isJson,
  listOption,
  textOption,
  type Command,
  type OptionValues,
} from '../command.ts';
import { readPortOptions } from '../reach-options.ts';
import { renderTable } from '../render-table.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane policy diff`: which flows a change of the policies opens or closes. */
export const policy: Command = {
  name: 'policy',
  usage: [
    'policy diff --before PATH --after PATH [-n NAMESPACE] [--port PORT] [--protocol PROTOCOL] [-o json]',
  ],
  description:
    'Decides every flow between the workloads of two sets of manifests, and from outside to each, in memory, and prints\nthose that change: what a new policy opens and closes. Exit code 1 when any does.',
  options: {
    before: { type: 'string', multiple: true, value: 'PATH', help: 'manifests as they were' },
    after: { type: 'string', multiple: true, value: 'PATH', help: 'manifests as they are to be' },
    namespace: {
      type: 'string',
      short: 'n',
      value: 'NAMESPACE',
      help: 'flows from or to this one alone (default all)',
    },
    port: { type: 'string', value: 'PORT', help: 'number or name (default all that are declared)' },
    protocol: { type: 'string', value: 'PROTOCOL', help: 'TCP, UDP or SCTP' },
    output: { type: 'string', short: 'o', value: 'FORMAT', help: 'json' },
  },
  examples: [
    'policy diff --before main/ --after branch/',
    'policy diff --before main/ --after branch/ -n shop --port 8080 -o json',
  ],
  run: async ({ positionals, values, terminal }) => {
    const [word, ...more] = positionals;
    if (word !== 'diff' || more.length > 0)
      throw new UsageError(
        `podlane policy: ${word === undefined ? 'what to do is missing' : `unknown "${positionals.join(' ')}"`}`,
        'Write `podlane policy diff --before DIR --after DIR`.',
      );
    const isForMachines = isJson(values, 'policy diff');
    const namespace = textOption(values, 'namespace');
    const result = await diffPolicies({
      before: pathsOf(values, 'before'),
      after: pathsOf(values, 'after'),
      ...readPortOptions(values, 'policy diff'),
      ...(namespace === undefined ? {} : { namespace }),
    });
    if (isForMachines) terminal.out(JSON.stringify(result));
    else printChanges(result, terminal);
    return result.changes.length === 0 ? EXIT.Ok : EXIT.Failed;
  },
};

function pathsOf(values: OptionValues, name: string): readonly string[] {
  const paths = listOption(values, name);
  if (paths.length > 0) return paths;
  throw new UsageError(
    `podlane policy diff: --${name} is missing`,
    'Write `podlane policy diff --before DIR --after DIR`.',
  );
}

function printChanges({ changes, flows }: PolicyDiffResult, terminal: Terminal): void {
  const rows = changes.map((change) => {
    const { from, to, port, protocol, before, after } = change;
    return [from, to, `${port}/${protocol}`, before.verdict, after.verdict, reasonOf(change)];
  });
  if (rows.length > 0)
    terminal.out(renderTable(['from', 'to', 'port', 'before', 'after', 'why'], rows));
  terminal.out(`${changes.length} of ${flows} ${flows === 1 ? 'flow' : 'flows'} change`);
}

/** The rule of the side that denies; else what the new side says. */
function reasonOf({ before, after }: FlowChange): string {
  const denying = [after, before].find(({ verdict }) => verdict === 'denied');
  const { rule, why } = denying ?? after;
  return rule ?? why;
}
