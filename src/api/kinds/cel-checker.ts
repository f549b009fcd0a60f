import type { CheckContext, Checked } from '../structural/cel/check.ts';
import type { CelKind } from '../structural/cel/types.ts';
import type { StructuralSchema } from '../structural/schema.ts';

/** What judges expressions. */
interface CelChecker {
  checkExpression(text: string, context: CheckContext): string | undefined;
  checkType(text: string, variables: CheckContext['variables']): Checked;
  typeOfSchema(schema: StructuralSchema, isObject?: boolean): CelKind | undefined;
}

/** The language is slow to load: who brings expressions brings it. */
let checker: CelChecker | undefined;

/** Loads the language. */
export async function loadCelChecker(): Promise<void> {
  checker ??= await import('../structural/cel/check.ts');
}

/** Undefined as long as nobody has brought an expression. */
export function celChecker(): CelChecker | undefined {
  return checker;
}

/** What requests may be asked about. */
export const REQUEST_VARIABLES: readonly string[] = [
  'object',
  'oldObject',
  'request',
  'authorizer',
];

/** What is wrong with an expression; nothing as long as nobody can read it. */
export function expressionProblem(text: string, context: CheckContext): string | undefined {
  return checker?.checkExpression(text, context);
}
