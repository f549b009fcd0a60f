import { FUNCTIONS } from './functions.ts';
import { GoTemplateError } from './go-template-error.ts';
import type { Expression, Node } from './node.ts';
import { parseTemplate } from './parse.ts';
import { isList, isMap, isStruct, isTrue, print, type Struct, type Value } from './value.ts';

export interface GoTemplate {
  /** As it was written. */
  readonly source: string;
  /**
   * The text for one root value.
   *
   * @throws GoTemplateError where values do not fit.
   */
  render(root: Struct): string;
}

/**
 * A template, ready to be filled in.
 *
 * Fields, methods, variables, pipelines, `if`, `with`, `range`, comments, trimming and the predefined functions are as
 * in Go; templates within templates are not there.
 *
 * @param fields What the root will have.
 * @throws GoTemplateError for what Go does not know, or is not there.
 * @see https://pkg.go.dev/text/template
 */
export function compileGoTemplate(source: string, fields: readonly string[]): GoTemplate {
  const functions = new Set(Object.keys(FUNCTIONS));
  const nodes = parseTemplate(source, { functions, fields: new Set(fields) });
  return {
    source,
    render: (root) => {
      const variables: Variables = [{ name: '$', value: root }];
      return execute(nodes, root, variables);
    },
  };
}

/** Innermost last. */
type Variables = readonly { readonly name: string; value: Value }[];

function execute(nodes: readonly Node[], dot: Value, outer: Variables): string {
  let text = '';
  let variables = outer;
  for (const node of nodes) {
    switch (node.kind) {
      case 'text':
        text += node.text;
        break;
      case 'print':
        text += print(evaluate(node.value, dot, variables));
        break;
      case 'assign': {
        const value = evaluate(node.value, dot, variables);
        if (node.isNew) variables = [...variables, { name: node.name, value }];
        else assign(node.name, value, variables);
        break;
      }
      case 'if':
      case 'with':
        text += choose(node, dot, variables);
        break;
      case 'range':
        text += repeat(node, dot, variables);
        break;
      default:
        node satisfies never;
    }
  }
  return text;
}

function assign(name: string, value: Value, variables: Variables): void {
  const variable = variables.findLast((candidate) => candidate.name === name);
  if (variable !== undefined) variable.value = value;
}

function choose(node: Node & { kind: 'if' | 'with' }, dot: Value, outer: Variables): string {
  const value = evaluate(node.value, dot, outer);
  const variables =
    node.variable === undefined ? outer : [...outer, { name: node.variable, value }];
  if (!isTrue(value)) return execute(node.otherwise, dot, variables);
  return execute(node.body, node.kind === 'with' ? value : dot, variables);
}

function repeat(node: Node & { kind: 'range' }, dot: Value, outer: Variables): string {
  const value = evaluate(node.value, dot, outer);
  const items = itemsOf(value);
  if (items.length === 0) return execute(node.otherwise, dot, outer);
  const names = node.variables.length === 1 ? ['', ...node.variables] : node.variables;
  let text = '';
  for (const [key, item] of items) {
    const [keyName, itemName] = names;
    const own = [
      ...(keyName === undefined ? [] : [{ name: keyName, value: key }]),
      ...(itemName === undefined ? [] : [{ name: itemName, value: item }]),
    ];
    text += execute(node.body, item, [...outer, ...own]);
  }
  return text;
}

function itemsOf(value: Value): readonly (readonly [key: Value, item: Value])[] {
  if (isList(value)) return value.map((item, index) => [BigInt(index), item]);
  if (isMap(value)) return [...value].toSorted(([a], [b]) => (a < b ? -1 : 1));
  throw new GoTemplateError(`range can't iterate over ${print(value)}`);
}

function evaluate(expression: Expression, dot: Value, variables: Variables): Value {
  switch (expression.kind) {
    case 'constant':
      return expression.value;
    case 'dot':
      return dot;
    case 'variable':
      return variables.findLast(({ name }) => name === expression.name)?.value;
    case 'field': {
      const of = evaluate(expression.of, dot, variables);
      const args = expression.args.map((arg) => evaluate(arg, dot, variables));
      return fieldOf(of, expression.name, args);
    }
    case 'call':
      return call(expression.name, expression.args, (arg) => evaluate(arg, dot, variables));
    default:
      return expression satisfies never;
  }
}

function fieldOf(value: Value, name: string, args: readonly Value[]): Value {
  const field =
    isStruct(value) && Object.hasOwn(value.fields, name) ? value.fields[name] : undefined;
  if (typeof field === 'function') return field(...args);
  if (args.length > 0) throw new GoTemplateError(`${name} has arguments but is not a method`);
  if (isMap(value)) return value.get(name);
  if (!isStruct(value) || !Object.hasOwn(value.fields, name))
    throw new GoTemplateError(`can't evaluate field ${name}`);
  return field;
}

/** `and` and `or` look no further than they need to. */
function call(
  name: string,
  args: readonly Expression[],
  valueOf: (arg: Expression) => Value,
): Value {
  if (name === 'and' || name === 'or') {
    let value: Value;
    for (const arg of args) {
      value = valueOf(arg);
      if (isTrue(value) === (name === 'or')) break;
    }
    return value;
  }
  return FUNCTIONS[name]?.(...args.map(valueOf));
}
