import type { ListedKind, ListRequest } from '../../control/index.ts';
import {
  EXIT,
  flagOption,
  listOption,
  textOption,
  type Command,
  type ExitCode,
  type Invocation,
} from '../command.ts';
import { LIST_OPTIONS, listRequestOf } from '../list-request.ts';
import { OUTPUT_FORMATS, readOutputFormat, type OutputFormat } from '../output-format.ts';
import { renderChange, renderObjects, type RenderOptions } from '../render-objects.ts';
import { sortItems } from '../sort-items.ts';

/** `podlane get`: kubectl's columns, without kubectl. */
export const get: Command = {
  name: 'get',
  usage: ['get TYPE [NAME…] [-n NAMESPACE | -A] [-l SELECTOR] [-o FORMAT] [-w]'],
  description: 'Lists objects of the running instance as kubectl does.',
  options: {
    ...LIST_OPTIONS,
    output: { type: 'string', short: 'o', value: 'FORMAT', help: OUTPUT_FORMATS },
    watch: { type: 'boolean', short: 'w', help: 'go on with every change' },
    'sort-by': { type: 'string', value: 'PATH', help: 'sort by a field, as .metadata.name' },
    'show-labels': { type: 'boolean', help: 'a column with all labels' },
    'label-columns': {
      type: 'string',
      short: 'L',
      multiple: true,
      value: 'LABEL',
      help: 'a column for a label',
    },
    'show-kind': { type: 'boolean', help: 'the type before each name' },
    headers: {
      type: 'boolean',
      default: true,
      help: 'the line of heads (--no-headers: leave it out)',
    },
  },
  examples: [
    'get svc',
    'get pods -A -o wide',
    'get deploy/web -o yaml',
    'get endpointslices -w',
    "get svc web -o jsonpath='{.spec.clusterIP}'",
    'get pods -l app=web -o custom-columns=NAME:.metadata.name,IP:.status.podIP --sort-by=.status.podIP',
  ],
  run: async (invocation) => {
    const { values, client } = invocation;
    const format = readOutputFormat(textOption(values, 'output'));
    const request = listRequestOf(invocation, 'get');
    if (flagOption(values, 'watch')) return watch(invocation, request, format);
    return print(invocation, await client().call('list', request), format);
  },
};

function renderOptionsOf({ values }: Invocation): RenderOptions {
  return {
    isAllNamespaces: flagOption(values, 'all-namespaces'),
    hasHeaders: flagOption(values, 'headers'),
    isShowingLabels: flagOption(values, 'show-labels'),
    isShowingKind: flagOption(values, 'show-kind'),
    labelColumns: listOption(values, 'label-columns').flatMap((labels) => labels.split(',')),
  };
}

function print(
  invocation: Invocation,
  kinds: readonly ListedKind[],
  format: OutputFormat,
): ExitCode {
  const { terminal, values } = invocation;
  const sortBy = textOption(values, 'sort-by');
  const found = kinds
    .filter(({ items }) => items.length > 0)
    .map((kind) =>
      sortBy === undefined ? kind : { ...kind, items: sortItems(kind.items, sortBy) },
    );
  const isList = ['json', 'yaml', 'jsonpath', 'custom-columns'].includes(format.kind);
  if (found.length === 0 && !isList) {
    const where = flagOption(values, 'all-namespaces')
      ? ''
      : ` in ${textOption(values, 'namespace') ?? 'default'} namespace`;
    terminal.err(`No resources found${where}.`);
    return EXIT.Ok;
  }
  const options = { ...renderOptionsOf(invocation), isOne: isOne(kinds) };
  const text = renderObjects(found, format, options);
  // A template says itself where lines end.
  if (format.kind === 'jsonpath') terminal.write(text);
  else terminal.out(text);
  return EXIT.Ok;
}

/** Whether one object was asked for by name, so that it is printed bare. */
function isOne(kinds: readonly ListedKind[]): boolean {
  const [only] = kinds;
  return kinds.length === 1 && only?.isNamed === true && only.items.length === 1;
}

async function watch(
  invocation: Invocation,
  request: ListRequest,
  format: OutputFormat,
): Promise<ExitCode> {
  const { terminal, client } = invocation;
  const options = { ...renderOptionsOf(invocation), widths: [] };
  let { hasHeaders } = options;
  for await (const line of client().watch(request, terminal.interrupted)) {
    const text = renderChange(line, format, { ...options, hasHeaders });
    if (format.kind === 'jsonpath') terminal.write(text);
    else terminal.out(text);
    hasHeaders = false;
  }
  return terminal.interrupted.aborted ? EXIT.Interrupted : EXIT.Ok;
}
