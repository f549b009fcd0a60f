import { compareManifests, type RequestDifference } from '../../index.ts';
import { EXIT, isJson, type Command, type OptionValues } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane compare`: whether new manifests answer requests as the old ones do. */
export const compare: Command = {
  name: 'compare',
  usage: ['compare --before PATH --after PATH --requests FILE [-o json]'],
  description:
    'Routes every request of FILE through the Ingresses of both sets of manifests, in memory, and prints those whose backend,\nstatus, redirect or headers differ: to move from ingress-nginx to another class, say. FILE is a HAR, a JSON object with\nurl, method and headers on each line, or a URL on each line. Exit code 1 when anything differs.',
  options: {
    before: { type: 'string', multiple: true, value: 'PATH', help: 'manifests as they were' },
    after: { type: 'string', multiple: true, value: 'PATH', help: 'manifests as they are to be' },
    requests: { type: 'string', value: 'FILE', help: 'the requests' },
    policy: {
      type: 'boolean',
      help: 'compare time-outs, limits, authentication and the like too',
    },
    output: { type: 'string', short: 'o', value: 'FORMAT', help: 'json' },
  },
  examples: [
    'compare --before k8s/ --after k8s-new/ --requests urls.txt',
    'compare --before old.yaml --after new.yaml --requests session.har -o json',
  ],
  run: async ({ positionals, values, terminal }) => {
    if (positionals.length > 0)
      throw new UsageError('podlane compare: takes --before, --after and --requests');
    const isForMachines = isJson(values, 'compare');
    const result = await compareManifests({
      before: pathsOf(values, 'before'),
      after: pathsOf(values, 'after'),
      requests: pathsOf(values, 'requests')[0] ?? '',
      hasPolicy: values['policy'] === true,
    });
    if (isForMachines) terminal.out(JSON.stringify(result));
    else printDifferences(result.differences, result.requests, terminal);
    return result.differences.length === 0 ? EXIT.Ok : EXIT.Failed;
  },
};

function pathsOf(values: OptionValues, name: string): readonly string[] {
  const given = values[name];
  const paths = [given].flat().filter((path) => typeof path === 'string');
  if (paths.length === 0)
    throw new UsageError(
      `podlane compare: --${name} is missing`,
      'Write `podlane compare --before DIR --after DIR --requests FILE`.',
    );
  return paths;
}

function printDifferences(
  differences: readonly RequestDifference[],
  requests: number,
  terminal: Terminal,
): void {
  for (const { request, fields, before, after } of differences) {
    terminal.out(request);
    for (const { field, before: was, after: is } of fields)
      terminal.out(`  ${field}: ${textOf(was)} → ${textOf(is)}`);
    terminal.out(`  by: ${before.source ?? 'no rule'} → ${after.source ?? 'no rule'}`);
  }
  const noun = requests === 1 ? 'request' : 'requests';
  terminal.out(`${differences.length} of ${requests} ${noun} differ`);
}

function textOf(value: unknown): string {
  if (value === undefined) return '(none)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
