import { compareManifests, type CompareResult } from '../../index.ts';
import { EXIT, isJson, textOption, type Command, type OptionValues } from '../command.ts';
import { renderProblem } from '../render-status.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane compare`: whether new manifests answer requests as the old ones do. */
export const compare: Command = {
  name: 'compare',
  usage: ['compare --before PATH --after PATH --requests FILE [--client ADDRESS] [-o json]'],
  description:
    'Routes every request of FILE through the Ingresses of both sets of manifests, in memory, and prints those whose backend,\nstatus, redirect or headers differ: to move from ingress-nginx to another class, say. FILE is a HAR, a JSON object with\nurl, method and headers on each line, or a URL on each line, with or without a method in front. Requests without\ncredentials are answered 401 where there is basic auth; what a canary takes by weight is compared by its weight.\nExit code 1 when anything differs.',
  options: {
    before: { type: 'string', multiple: true, value: 'PATH', help: 'manifests as they were' },
    after: { type: 'string', multiple: true, value: 'PATH', help: 'manifests as they are to be' },
    requests: { type: 'string', value: 'FILE', help: 'the requests' },
    client: {
      type: 'string',
      value: 'ADDRESS',
      help: 'where the requests come from (default 192.0.2.10)',
    },
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
    const client = textOption(values, 'client');
    const result = await compareManifests({
      before: pathsOf(values, 'before'),
      after: pathsOf(values, 'after'),
      requests: pathsOf(values, 'requests')[0] ?? '',
      hasPolicy: values['policy'] === true,
      ...(client === undefined ? {} : { client }),
    });
    if (isForMachines) terminal.out(JSON.stringify(result));
    else printResult(result, terminal);
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

function printResult({ differences, requests, warnings }: CompareResult, terminal: Terminal): void {
  for (const message of warnings) terminal.err(renderProblem('warning', { message }, terminal));
  for (const { request, fields, before, after } of differences) {
    terminal.out(request);
    for (const { field, before: was, after: is } of fields)
      terminal.out(`  ${field}: ${textOf(was)} → ${textOf(is)}`);
    if (before.source !== after.source)
      terminal.out(`  by: ${before.source ?? 'no rule'} → ${after.source ?? 'no rule'}`);
  }
  const noun = requests === 1 ? 'request' : 'requests';
  terminal.out(`${differences.length} of ${requests} ${noun} differ`);
}

function textOf(value: unknown): string {
  if (value === undefined) return '(none)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
