import { createControlClient } from '../control/index.ts';
import { PodlaneError } from '../net/index.ts';
import { nodeUtil } from './node-util.ts';
import {
  EXIT,
  instanceName,
  textOption,
  type Command,
  type ExitCode,
  type OptionValues,
} from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { insteadOf } from './foreign-verbs.ts';
import { commandHelp, mainHelp } from './help.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { didYouMean, UsageError } from './usage-error.ts';

/** Error codes that mean: the environment refuses. */
const ENVIRONMENT = new Set([
  'ERR_ADDRESS_FORBIDDEN',
  'ERR_ADDRESS_IN_USE',
  'ERR_ADDRESS_NOT_AVAILABLE',
  'ERR_ALREADY_RUNNING',
  'ERR_CONTROL_FOLDER',
  'ERR_DATA_FOLDER',
  'ERR_DATA_FOREIGN',
  'ERR_DATA_IN_USE',
  'ERR_LISTEN_FAILED',
  'ERR_NO_ENTRY',
  'ERR_NOT_RUNNING',
  'ERR_TOO_MANY_OPEN_FILES',
]);
/** What was asked for makes no sense, or names what is not there. */
const USAGE = new Set([
  'ERR_ADDRESS_PLAN',
  'ERR_API_BAD_REQUEST',
  'ERR_API_INVALID',
  'ERR_API_NOT_FOUND',
  'ERR_IPAM_CONFIG',
  'ERR_JSON_PATH',
  'ERR_NAME',
  'ERR_NO_SUCH_POD',
  'ERR_NO_SUCH_SERVICE',
  'ERR_OPTION',
  'ERR_USAGE',
]);

/**
 * Carries out one command line.
 *
 * @returns The exit code; errors are printed, never thrown.
 */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  const terminal = createTerminal();
  try {
    return await dispatch(argv, terminal);
  } catch (error) {
    return await report(error, terminal);
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [verb, ...rest] = argv;
  if (verb === undefined || verb === 'help' || verb === '-h' || verb === '--help')
    return help(rest, terminal);
  if (verb === '--version' || verb === '-v') return dispatch(['version', ...rest], terminal);
  const command = await commandOf(verb);
  const { values, positionals } = command.isRaw === true ? raw(rest) : parse(command, rest);
  if (values['help'] === true) {
    terminal.out(commandHelp(command));
    return EXIT.Ok;
  }
  return command.run({
    values,
    positionals,
    terminal,
    client: (name) =>
      createControlClient(
        instanceName(name ?? textOption(values, 'name'), terminal.env),
        terminal.interrupted,
      ),
  });
}

async function help([verb]: readonly string[], terminal: Terminal): Promise<ExitCode> {
  terminal.out(verb === undefined ? mainHelp(COMMANDS) : commandHelp(await commandOf(verb)));
  return EXIT.Ok;
}

/** @throws UsageError */
function commandOf(verb: string): Promise<Command> {
  const entry = COMMANDS.find(({ name }) => name === verb);
  if (entry !== undefined) return entry.load();
  const known = COMMANDS.map(({ name }) => name);
  throw new UsageError(
    verb.startsWith('-')
      ? `the verb comes first; ${verb} stands in its place`
      : `unknown verb "${verb}"`,
    insteadOf(verb) ??
      didYouMean(verb, known) ??
      `Verbs: ${known.join(' ')}. \`podlane help VERB\` tells more.`,
  );
}

function raw(positionals: readonly string[]): {
  values: OptionValues;
  positionals: readonly string[];
} {
  return { values: { help: positionals.includes('--help') }, positionals };
}

function parse(
  command: Command,
  args: readonly string[],
): { values: OptionValues; positionals: readonly string[] } {
  const options = {
    ...command.options,
    help: { type: 'boolean', short: 'h', help: 'this help' } as const,
  };
  try {
    return nodeUtil().parseArgs({
      // An arrow between two arguments is no option, though it begins like one.
      args: withNumbers(args, options).map((arg) => (arg === '->' ? '→' : asFlag(arg, options))),
      options,
      allowPositionals: true,
      allowNegative: true,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message.split(/\. (?=[A-Z])/)[0] : String(error);
    const unknown = /^Unknown option '(-*)([\w-]+)/.exec(String(message));
    const near = didYouMean(unknown?.[2] ?? '', Object.keys(options));
    throw new UsageError(
      `podlane ${command.name}: ${String(message).replace(/^./, (first) => first.toLowerCase())}`,
      near?.replace('"', '"--') ?? `See \`podlane ${command.name} --help\`.`,
    );
  }
}

/** parseArgs takes a number below zero for a flag, unless it is attached: the command says what is wrong with it. */
function withNumbers(args: readonly string[], options: Command['options']): readonly string[] {
  return args.flatMap((arg, index) => {
    const isValued = (word = ''): boolean =>
      word.startsWith('--') && options[word.slice(2)]?.type === 'string';
    const isNumber = (word = ''): boolean => /^-\d+$/.test(word);
    if (isNumber(arg) && isValued(args[index - 1])) return [];
    return isValued(arg) && isNumber(args[index + 1]) ? [`${arg}=${args[index + 1]}`] : [arg];
  });
}

/** `--watch=false` is `--no-watch`, which is the form that parseArgs knows; and it takes the arrow of `explain` for a flag. */
function asFlag(arg: string, options: Command['options']): string {
  if (arg === '->') return '→';
  const { name = '', value } = /^--(?<name>[a-z-]+)=(?<value>true|false)$/.exec(arg)?.groups ?? {};
  if (options[name]?.type !== 'boolean') return arg;
  return value === 'true' ? `--${name}` : `--no-${name}`;
}

async function report(error: unknown, terminal: Terminal): Promise<ExitCode> {
  if (terminal.interrupted.aborted) return EXIT.Interrupted;
  if (!(error instanceof PodlaneError)) {
    terminal.err(
      `podlane: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    terminal.err('This is a defect of podlane; please report it with the lines above.');
    return EXIT.Failed;
  }
  const { position, message, hint, code } = error;
  if (code.startsWith('ERR_MANIFEST')) await tellProblems(error, terminal);
  const where =
    position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `;
  terminal.err(`${terminal.style('red', 'error')}: ${where}${message}`);
  if (hint !== undefined) terminal.err(`  ${hint}`);
  if (USAGE.has(code)) return EXIT.Usage;
  if (code.startsWith('ERR_MANIFEST')) return EXIT.ManifestsInvalid;
  return ENVIRONMENT.has(code) ? EXIT.Environment : EXIT.Failed;
}

/** Everything that is wrong with the manifests. */
async function tellProblems(error: PodlaneError, terminal: Terminal): Promise<void> {
  // Who throws it has loaded the cluster; the small verbs start without it.
  const { ManifestError } = await import('../index.ts');
  const { renderProblem } = await import('./render-status.ts');
  if (!(error instanceof ManifestError)) return;
  for (const { severity, position, ...rest } of error.problems)
    terminal.err(renderProblem(severity, { ...position, ...rest }, terminal));
}
