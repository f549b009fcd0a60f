import { resolve } from 'node:path';
import {
  EXIT,
  flagOption,
  listOption,
  NAME_OPTION,
  NAMESPACE_OPTION,
  textOption,
  type Command,
} from '../command.ts';
import { renderProblem } from '../render-status.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane apply`: what `kubectl apply` does, over the instance's socket. */
export const apply: Command = {
  name: 'apply',
  usage: ['apply -f FILE|DIR|- […] [-n NAMESPACE] [--strict]'],
  description: 'Applies manifests to the running instance. With any error nothing is applied.',
  options: {
    ...NAME_OPTION,
    ...NAMESPACE_OPTION,
    filename: {
      type: 'string',
      short: 'f',
      multiple: true,
      value: 'FILE',
      help: 'a file, a folder, or - for standard input',
    },
    strict: { type: 'boolean', help: 'unknown fields and kinds are errors' },
  },
  examples: ['apply -f web.yaml', 'apply -f base/ -f overlay.yaml'],
  run: async ({ positionals, values, terminal, client }) => {
    const paths = [...listOption(values, 'filename'), ...positionals];
    if (paths.length === 0)
      throw new UsageError(
        'podlane apply: nothing to apply',
        'Name files: `podlane apply -f web.yaml`.',
      );
    const { isApplied, changes, errors, warnings } = await client().call('apply', {
      paths: paths.map((path) => (path === '-' ? path : resolve(path))),
      ...(paths.includes('-') ? { input: await terminal.readInput() } : {}),
      namespace: textOption(values, 'namespace') ?? 'default',
      isStrict: flagOption(values, 'strict'),
    });
    for (const warning of warnings) terminal.err(renderProblem('warning', warning, terminal));
    for (const error of errors) terminal.err(renderProblem('error', error, terminal));
    for (const line of changes) terminal.out(line);
    if (!isApplied) terminal.err('nothing was applied');
    return isApplied ? EXIT.Ok : EXIT.ManifestsInvalid;
  },
};
