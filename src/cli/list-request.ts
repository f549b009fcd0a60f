import type { ListRequest } from '../control/index.ts';
import {
  flagOption,
  NAME_OPTION,
  NAMESPACE_OPTION,
  textOption,
  type Command,
  type Invocation,
} from './command.ts';
import { readResourceArguments } from './resource-arguments.ts';
import { UsageError } from './usage-error.ts';

/** Every command about a list of objects takes them. */
export const LIST_OPTIONS: Command['options'] = {
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
};

/**
 * The objects that a command is about.
 *
 * @throws UsageError when names stand beside what chooses objects otherwise.
 */
export function listRequestOf({ values, positionals }: Invocation, verb: string): ListRequest {
  const labelSelector = textOption(values, 'selector');
  const fieldSelector = textOption(values, 'field-selector');
  const isAllNamespaces = flagOption(values, 'all-namespaces');
  const named = readResourceArguments(positionals, verb);
  if (named.names.length > 0 && (labelSelector ?? fieldSelector) !== undefined)
    throw new UsageError(
      `podlane ${verb}: names and a selector exclude each other`,
      `Name objects, or choose them: \`podlane ${verb} ${named.resource} -l app=web\`.`,
    );
  if (named.names.length > 0 && isAllNamespaces)
    throw new UsageError(
      `podlane ${verb}: an object cannot be named across all namespaces`,
      `Name its namespace: \`podlane ${verb} ${named.resource} ${named.names.join(' ')} -n NAMESPACE\`.`,
    );
  return {
    ...named,
    namespace: textOption(values, 'namespace') ?? 'default',
    isAllNamespaces,
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}
