import type { ParseArgsOptionDescriptor } from 'node:util';
import type { ControlClient } from '../control/index.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Exit codes; part of the contract with scripts. */
export const EXIT = {
  Ok: 0,
  /** An expectation failed, or inputs differ. */
  Failed: 1,
  Usage: 2,
  /** `explain`, `curl`, `dig`: denied or unreachable. */
  Unreachable: 3,
  ManifestsInvalid: 4,
  /** An address cannot be bound, or the environment refuses. */
  Environment: 5,
  /** `curl -f`: a status of 400 or above. @see curl(1), EXIT CODES */
  HttpError: 22,
  /** `curl -L`: redirects without end. */
  TooManyRedirects: 47,
  Interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An option as `util.parseArgs` takes it, with its line of help. */
export interface OptionSpec extends ParseArgsOptionDescriptor {
  readonly help: string;
  /** What stands for the value in the help: `DIR`. */
  readonly value?: string;
}

export type OptionValues = Readonly<
  Record<string, string | boolean | readonly (string | boolean)[] | undefined>
>;

/** One call of a command, parsed. */
export interface Invocation {
  readonly positionals: readonly string[];
  readonly values: OptionValues;
  readonly terminal: Terminal;
  /** The instance called `name`; by default the one that `--name` or `PODLANE_NAME` names. */
  readonly client: (name?: string) => ControlClient;
}

/** One verb. */
export interface Command {
  readonly name: string;
  /** Forms of the call, without `podlane`. */
  readonly usage: readonly string[];
  /** What it does, for people. */
  readonly description: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
  /** Everything after the verb belongs to the command: it reads its own flags, as `curl` and `dig` have them. */
  readonly isRaw?: boolean;
  run(invocation: Invocation): Promise<ExitCode>;
}

/** Every command that talks to an instance takes it. */
export const NAME_OPTION: Readonly<Record<'name', OptionSpec>> = {
  name: {
    type: 'string',
    value: 'NAME',
    help: 'the instance (default $PODLANE_NAME, else podlane)',
  },
};

/** The instance that a command is about. @param given What `--name` says. */
export function instanceName(given: string | undefined, env: Terminal['env']): string {
  const { PODLANE_NAME: fromEnvironment = '' } = env;
  return given ?? (fromEnvironment === '' ? 'podlane' : fromEnvironment);
}

/** Every command about namespaced objects takes it. */
export const NAMESPACE_OPTION: Readonly<Record<'namespace', OptionSpec>> = {
  namespace: {
    type: 'string',
    short: 'n',
    default: 'default',
    value: 'NAMESPACE',
    help: 'the namespace',
  },
};

/** Whether `-o json` was given to a command that knows no other format. @throws UsageError for another one. */
export function isJson(values: OptionValues, verb: string): boolean {
  const output = textOption(values, 'output');
  if (output === undefined || output === 'json') return output === 'json';
  throw new UsageError(`podlane ${verb}: unknown output format "${output}"`, 'Formats: json.');
}

/** The value of a string option; undefined when it was not given. */
export function textOption(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** Whether a flag was given. */
export function flagOption(values: OptionValues, name: string): boolean {
  return values[name] === true;
}

/** Every value of an option that may be repeated. */
export function listOption(values: OptionValues, name: string): readonly string[] {
  const value = values[name];
  if (Array.isArray(value)) return value.filter((item): item is string => typeof item === 'string');
  return typeof value === 'string' ? [value] : [];
}
