import { parseExpression, parseTemplate, type TemplateNode } from '../json-path/index.ts';
import { UsageError } from './usage-error.ts';

/** How a list of objects is printed. */
export type OutputFormat =
  | { readonly kind: 'table'; readonly isWide: boolean }
  | { readonly kind: 'json' | 'yaml' | 'name' }
  | { readonly kind: 'jsonpath'; readonly template: readonly TemplateNode[] }
  | { readonly kind: 'custom-columns'; readonly columns: readonly CustomColumn[] };

export interface CustomColumn {
  readonly head: string;
  readonly value: readonly TemplateNode[];
}

/** For the help and for messages. */
export const OUTPUT_FORMATS =
  'wide, json, yaml, name, jsonpath=TEMPLATE, custom-columns=HEAD:PATH,…';

/**
 * Reads `-o`; undefined is the table.
 *
 * @throws UsageError
 */
export function readOutputFormat(text: string | undefined): OutputFormat {
  switch (text) {
    case undefined:
    case 'wide':
      return { kind: 'table', isWide: text === 'wide' };
    case 'json':
    case 'yaml':
    case 'name':
      return { kind: text };
    default:
      return withArgument(text);
  }
}

function withArgument(text: string): OutputFormat {
  const { kind, argument = '' } = /^(?<kind>[a-z-]+)=(?<argument>.*)$/s.exec(text)?.groups ?? {};
  if (kind === 'jsonpath') {
    // Without braces kubectl prints the path itself, which nobody can have meant.
    const isBare = /^[.[$]/.test(argument);
    const template = isBare ? parseExpression(argument) : parseTemplate(argument);
    return { kind, template };
  }
  if (kind === 'custom-columns') return { kind, columns: columnsOf(argument) };
  throw new UsageError(
    `podlane get: unknown output format "${text}"`,
    `Formats: ${OUTPUT_FORMATS}.`,
  );
}

function columnsOf(argument: string): readonly CustomColumn[] {
  // A comma in brackets or braces belongs to the path.
  const parts = argument.match(/(?:\[[^\]]*\]|\{[^}]*\}|[^,])+/g) ?? [];
  return parts.map((part) => {
    const colon = part.indexOf(':');
    if (colon < 1)
      throw new UsageError(
        `podlane get: unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`,
        'For example -o custom-columns=NAME:.metadata.name,IP:.status.podIP.',
      );
    return { head: part.slice(0, colon), value: parseExpression(part.slice(colon + 1)) };
  });
}
