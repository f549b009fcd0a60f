import {
  celEnv,
  celFunc,
  CelScalar,
  isCelError,
  parse,
  plan,
  type CelFunc,
  type CelInput,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { kubernetesFunctions } from '../../structural/cel/functions.ts';
import { toCel } from '../../structural/cel/to-cel.ts';
import { authorizerFunctions } from './authorizer.ts';
import { literalsAsMaps } from './literals.ts';

/** What expressions may name. */
export type Variables = Readonly<Record<string, CelInput>>;

/** What an expression comes to, or why it comes to nothing. */
export type Evaluated = { readonly value: unknown } | { readonly error: string };

type Program = (variables: Variables) => unknown;

const environment = celEnv({
  funcs: [...strings, ...kubernetesFunctions(), ...authorizerFunctions(), ...patchFunctions()],
});
/** By their text; policies are asked over and over. */
const programs = new Map<string, Program | Error>();
const MAX_PROGRAMS = 1000;

/** Evaluates `text` in the words of kube-apiserver. */
export function evaluate(text: string, variables: Variables): Evaluated {
  const program = compile(text);
  if (program instanceof Error)
    return { error: `compilation error: compilation failed: ${program.message}` };
  const result = program(variables);
  if (!isCelError(result)) return { value: result };
  const why = result.message.replace('field not found:', 'no such key:');
  return { error: `expression '${text}' resulted in error: ${why}` };
}

/** JSON as expressions see it: nothing is null. */
export function asValue(value: unknown): CelInput {
  return toCel(value, {});
}

/** What paths of JSON patches are written with. @see apiserver `cel/library`, JSONPatch */
function patchFunctions(): readonly CelFunc[] {
  const { STRING } = CelScalar;
  return [
    celFunc('jsonpatch.escapeKey', [STRING], STRING, (key) =>
      key.replaceAll('~', '~0').replaceAll('/', '~1'),
    ),
  ];
}

function compile(text: string): Program | Error {
  const known = programs.get(text);
  if (known !== undefined) return known;
  let program: Program | Error;
  try {
    const parsed = parse(text);
    literalsAsMaps(parsed);
    program = plan(environment, parsed);
  } catch (error) {
    program = error instanceof Error ? error : new Error(String(error));
  }
  if (programs.size >= MAX_PROGRAMS) programs.clear();
  programs.set(text, program);
  return program;
}
