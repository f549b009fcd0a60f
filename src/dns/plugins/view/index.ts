/** Blocks that take only some queries: split DNS. */
import {
  argOf,
  argsOf,
  CorefileError,
  readOptions,
  type Directive,
  type PluginDefinition,
} from '../../corefile/index.ts';
import { compileExpression, type Expression } from './expression.ts';
import { ExpressionError } from './expression-error.ts';
import { queryFunctions, QUERY_FUNCTIONS } from './query-functions.ts';

/** `view NAME { expr EXPRESSION }` */
export const view: PluginDefinition = {
  name: 'view',
  setup: (directives) => {
    const [first, second] = directives;
    const name = first === undefined ? '' : argOf(first);
    if (second !== undefined && argOf(second) !== name)
      throw new CorefileError('multiple views defined in server block', second.position);
    const expressions: Expression[] = [];
    for (const directive of directives)
      readOptions(directive, { expr: (option) => expressions.push(compile(option)) });
    return {
      view: {
        name,
        accepts: (query) => {
          const functions = queryFunctions(query);
          return expressions.every((expression) => holds(expression, functions));
        },
      },
      metadata: () => new Map([['view/name', () => name]]),
    };
  },
};

function compile(option: Directive): Expression {
  const text = argsOf(option, 1, Infinity).join(' ');
  try {
    return compileExpression(text, QUERY_FUNCTIONS);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new CorefileError(`view: ${error.message}`, option.position);
  }
}

/** Anything but true is false, and so is an expression that fails. */
function holds(expression: Expression, functions: ReturnType<typeof queryFunctions>): boolean {
  try {
    return expression(functions) === true;
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}
