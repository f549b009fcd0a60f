import { BUILTINS, RUNNERS } from './builtins.ts';
import { baseName, isShell, type RunProgram, type ShellCommand } from './command.ts';

/** Programs that a file of `programs/` holds; it is loaded when the first of them is run. */
type Load = () => Promise<Readonly<Record<string, RunProgram>>>;

const DIRECTORIES: Load = async () => (await import('./programs/directories.ts')).DIRECTORIES;
const TAIL: Load = async () => (await import('./programs/tail.ts')).TAIL;
const TEXT: Load = async () => (await import('./programs/text.ts')).TEXT;
const EDITORS: Load = async () => (await import('./programs/grep.ts')).LINE_EDITORS;
const PLAIN: Load = async () => (await import('./programs/plain.ts')).PLAIN;
const SYSTEM: Load = async () => (await import('./programs/system.ts')).SYSTEM;
const FILES: Load = async () => (await import('./programs/files.ts')).FILES;
const HTTP: Load = async () => (await import('./programs/http.ts')).HTTP;
const NAMES: Load = async () => (await import('./programs/names.ts')).NAMES;
const SOCKETS: Load = async () => (await import('./programs/sockets.ts')).SOCKETS;

const LOADED: readonly (readonly [Load, readonly string[]])[] = [
  [TEXT, ['base64', 'basename', 'cut', 'dirname', 'head', 'sort', 'tee', 'tr', 'uniq', 'wc']],
  [PLAIN, ['[', '[[', 'cat', 'printf', 'seq', 'test', 'timeout']],
  [TAIL, ['tail']],
  [DIRECTORIES, ['mkdir', 'rm', 'rmdir', 'touch']],
  [EDITORS, ['awk', 'egrep', 'fgrep', 'grep', 'sed']],
  [SYSTEM, ['date', 'env', 'id', 'ifconfig', 'ip', 'printenv', 'ps', 'uname', 'which']],
  [SYSTEM, ['ping', 'redis-cli', 'pg_isready', 'mysqladmin', 'grpc_health_probe']],
  [FILES, ['cp', 'find', 'ls', 'mv', 'stat', 'tar']],
  [HTTP, ['curl', 'wget']],
  [NAMES, ['dig', 'getent', 'host', 'nslookup']],
  [SOCKETS, ['nc', 'ncat', 'netcat', 'telnet']],
  [TEXT, ['xargs', 'yes']],
];

/** Words that ask for more than a command knows. */
const UNKNOWN: Readonly<Record<string, ShellCommand['unknownOf']>> = {
  nc: (args) => {
    const at = args.findIndex((word) => /^-[a-z]*e$/i.test(word ?? ''));
    return at < 0 ? undefined : unknownCommand(args.slice(at + 1));
  },
  ping: () => 'ping',
  timeout: unknownCommand,
};

/** Every command that containers know here. */
export const SHELL_COMMANDS: ReadonlyMap<string, ShellCommand> = new Map<string, ShellCommand>([
  ...BUILTINS.map(([name, run]) => [name, { run }] as const),
  ...RUNNERS.map(([name, run]) => [name, { run, unknownOf: unknownCommand }] as const),
  ...LOADED.flatMap(([load, names]) => names.map((name) => [name, lazily(name, load)] as const)),
]);

function lazily(name: string, load: Load): ShellCommand {
  const unknownOf = UNKNOWN[name];
  return {
    run: async (run) => (await load())[name]?.(run) ?? 127,
    ...(unknownOf !== undefined && { unknownOf }),
  };
}

/** The command that follows, where it is not known. */
function unknownCommand(args: readonly (string | undefined)[]): string | undefined {
  const words = args.filter((word) => word === undefined || !/^-|^\d/.test(word));
  if (args.length === 0) return undefined;
  const [name = 'what a variable names'] = words;
  return isShell(name) || SHELL_COMMANDS.has(baseName(name)) ? undefined : name;
}
