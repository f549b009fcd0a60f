/** The language of conditions, for the plugins that have it. */
export { compileExpression, type Expression, type Functions } from './expression.ts';
export { ExpressionError } from './expression-error.ts';
export { QUERY_FUNCTIONS, queryFunctions } from './query-functions.ts';
