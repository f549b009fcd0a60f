import type { ListedItem, ListedKind, ListRequest, TableColumn } from '../../control/index.ts';
import {
  EXIT,
  flagOption,
  NAME_OPTION,
  NAMESPACE_OPTION,
  textOption,
  type Command,
  type ExitCode,
  type Invocation,
} from '../command.ts';
import { renderTable } from '../render-table.ts';
import { renderYaml } from '../render-yaml.ts';
import { readResourceArguments } from '../resource-arguments.ts';
import { UsageError } from '../usage-error.ts';

const OUTPUTS = ['wide', 'json', 'yaml', 'name'] as const;

/** `podlane get`: kubectl's columns, without kubectl. */
export const get: Command = {
  name: 'get',
  usage: ['get TYPE [NAME…] [-n NAMESPACE | -A] [-l SELECTOR] [-o wide|json|yaml|name] [-w]'],
  description: 'Lists objects of the running instance as kubectl does.',
  options: {
    ...NAME_OPTION,
    ...NAMESPACE_OPTION,
    'all-namespaces': { type: 'boolean', short: 'A', help: 'objects of every namespace' },
    selector: {
      type: 'string',
      short: 'l',
      value: 'SELECTOR',
      help: 'label selector, as app=web,tier!=db',
    },
    'field-selector': {
      type: 'string',
      value: 'SELECTOR',
      help: 'field selector, as status.phase=Running',
    },
    output: { type: 'string', short: 'o', value: 'FORMAT', help: OUTPUTS.join(', ') },
    watch: { type: 'boolean', short: 'w', help: 'go on with every change' },
    headers: {
      type: 'boolean',
      default: true,
      help: 'the line of heads (--no-headers: leave it out)',
    },
  },
  examples: ['get svc', 'get pods -A -o wide', 'get deploy/web -o yaml', 'get endpointslices -w'],
  run: async (invocation) => {
    const { values, positionals, client } = invocation;
    const output = textOption(values, 'output');
    if (output !== undefined && !OUTPUTS.some((known) => known === output)) {
      throw new UsageError(
        `podlane get: unknown output format "${output}"`,
        `Formats: ${OUTPUTS.join(', ')}.`,
      );
    }
    const request = requestOf(invocation, positionals);
    if (flagOption(values, 'watch')) return watch(invocation, request, output);
    return print(invocation, await client().call('list', request), output);
  },
};

function requestOf({ values }: Invocation, positionals: readonly string[]): ListRequest {
  const labelSelector = textOption(values, 'selector');
  const fieldSelector = textOption(values, 'field-selector');
  return {
    ...readResourceArguments(positionals, 'get'),
    namespace: textOption(values, 'namespace') ?? 'default',
    isAllNamespaces: flagOption(values, 'all-namespaces'),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

function print(
  { terminal, values }: Invocation,
  kinds: readonly ListedKind[],
  output: string | undefined,
): ExitCode {
  const found = kinds.filter(({ items }) => items.length > 0);
  if (output === 'json' || output === 'yaml') {
    const objects = found.flatMap(({ items }) => items.map(({ object }) => object));
    const [only] = objects;
    const isOne = objects.length === 1 && only !== undefined && isByName(values, kinds);
    const document = isOne
      ? only
      : { apiVersion: 'v1', kind: 'List', metadata: {}, items: objects };
    terminal.out(output === 'json' ? JSON.stringify(document, undefined, 4) : renderYaml(document));
    return EXIT.Ok;
  }
  if (found.length === 0) {
    const where = flagOption(values, 'all-namespaces')
      ? ''
      : ` in ${textOption(values, 'namespace') ?? 'default'} namespace`;
    terminal.err(`No resources found${where}.`);
    return EXIT.Ok;
  }
  const blocks = found.map((kind) =>
    output === 'name'
      ? kind.items.map(({ object }) => `${kind.singular}/${object.metadata.name}`).join('\n')
      : tableOf(kind.columns, kind.items, {
          isWide: output === 'wide',
          values,
          prefix: found.length > 1 ? kind.singular : undefined,
        }),
  );
  terminal.out(blocks.join(output === 'name' ? '\n' : '\n\n'));
  return EXIT.Ok;
}

/** Whether one object was asked for by name, so that it is printed bare. */
function isByName(values: Invocation['values'], kinds: readonly ListedKind[]): boolean {
  return kinds.length === 1 && values['selector'] === undefined && kinds[0]?.isNamed === true;
}

interface TableOptions {
  readonly isWide: boolean;
  readonly values: Invocation['values'];
  /** With several types the names carry theirs, as kubectl's do. */
  readonly prefix?: string | undefined;
  readonly hasHeaders?: boolean;
}

function tableOf(
  columns: readonly TableColumn[],
  items: readonly ListedItem[],
  options: TableOptions,
): string {
  const { isWide, values, prefix } = options;
  const shown = columns.flatMap(({ priority }, index) => (priority === 0 || isWide ? [index] : []));
  const isAll = flagOption(values, 'all-namespaces');
  const rows = items.map(({ object, cells }) => {
    const row = shown.map((index) => {
      const cell = cells[index] ?? '';
      return index === 0 && prefix !== undefined ? `${prefix}/${cell}` : cell;
    });
    return isAll ? [object.metadata.namespace ?? '', ...row] : row;
  });
  const heads = shown.map((index) => columns[index]?.name ?? '');
  return renderTable(isAll ? ['Namespace', ...heads] : heads, rows, {
    hasHeaders: options.hasHeaders ?? flagOption(values, 'headers'),
  });
}

async function watch(
  invocation: Invocation,
  request: ListRequest,
  output: string | undefined,
): Promise<ExitCode> {
  const { terminal, values, client } = invocation;
  let hasHeaders = flagOption(values, 'headers');
  for await (const line of client().watch(request, terminal.interrupted)) {
    if (output === 'json')
      terminal.out(JSON.stringify({ type: line.type, object: line.item.object }));
    else if (output === 'yaml') terminal.out(`---\n${renderYaml(line.item.object)}`);
    else if (output === 'name') terminal.out(`${line.singular}/${line.item.object.metadata.name}`);
    else
      terminal.out(
        tableOf(line.columns, [line.item], { isWide: output === 'wide', values, hasHeaders }),
      );
    hasHeaders = false;
  }
  return terminal.interrupted.aborted ? EXIT.Interrupted : EXIT.Ok;
}
