import type { WorkloadContext } from '../../workload.ts';
import { NETWORK_COMMANDS } from './network-commands.ts';
import { LoopJump, type Shell, ShellExit, type Streams } from './run-script.ts';
import { evaluateTest } from './test-command.ts';

/** One run of a command. */
export interface CommandRun {
  readonly args: readonly string[];
  readonly streams: Streams;
  readonly shell: Shell;
  readonly pod: WorkloadContext;
}

/** A program of the container. */
export interface ShellCommand {
  /** @returns its exit code. */
  readonly run: (run: CommandRun) => Promise<number> | number;
  /** Whether it knows what to do with these words, so far as they can be told beforehand. @default always */
  readonly supports?: (args: readonly (string | undefined)[]) => boolean;
}

const succeed: ShellCommand = { run: () => 0 };

const print: ShellCommand = {
  run: ({ args, streams }) => {
    const [flag, ...rest] = args;
    const isFlag = flag !== undefined && /^-[neE]+$/.test(flag);
    const text = (isFlag ? rest : args).join(' ');
    const said = isFlag && flag.includes('e') ? unescape(text) : text;
    streams.stdout += isFlag && flag.includes('n') ? said : `${said}\n`;
    return 0;
  },
};

const printf: ShellCommand = {
  run: ({ args, streams }) => {
    const [format = '', ...values] = args;
    let index = 0;
    streams.stdout += unescape(format).replace(/%[sd%]/g, (verb) =>
      verb === '%%' ? '%' : (values[index++] ?? ''),
    );
    return 0;
  },
};

const cat: ShellCommand = {
  run: ({ args, streams, shell }) => {
    if (args.length === 0) streams.stdout += streams.stdin;
    let exitCode = 0;
    for (const path of args.filter((word) => !/^-[a-z]/.test(word))) {
      const text = path === '-' ? streams.stdin : shell.readFile(path);
      if (text !== undefined) streams.stdout += text;
      else {
        streams.stderr += `cat: can't open '${path}': No such file or directory\n`;
        exitCode = 1;
      }
    }
    return exitCode;
  },
};

const sleep: ShellCommand = {
  run: async ({ args, shell }) => {
    let ms = 0;
    for (const word of args) {
      const match = /^(\d*\.?\d+)([smhd]?)$/.exec(word);
      if (match !== null) ms += Number(match[1]) * (SLEEP_UNIT_MS[match[2] ?? ''] ?? 1000);
      else if (word.startsWith('inf')) ms = Infinity;
      else return 1;
    }
    await shell.sleep(ms);
    if (shell.signal.aborted) throw new ShellExit(143);
    return 0;
  },
};

const SLEEP_UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Follows a file, which nothing writes to, for ever; or prints the last lines of what there is. */
const tail: ShellCommand = {
  run: async ({ args, streams, shell }) => {
    if (args.some((word) => /^-\w*[fF]|^--follow/.test(word))) {
      await shell.sleep(Infinity);
      throw new ShellExit(143);
    }
    const path = args.findLast((word) => !word.startsWith('-') && !/^\d+$/.test(word));
    const text = path === undefined ? streams.stdin : shell.readFile(path);
    if (text === undefined) return 1;
    streams.stdout += text.split('\n').slice(-11).join('\n');
    return 0;
  },
};

const touch: ShellCommand = {
  run: ({ args, shell }) => {
    for (const path of args.filter((word) => !word.startsWith('-')))
      if (shell.readFile(path) === undefined) shell.writeFile(path, '');
    return 0;
  },
};

const remove: ShellCommand = {
  run: ({ args, streams, shell }) => {
    const isForced = args.some((word) => /^-\w*f/.test(word));
    let exitCode = 0;
    for (const path of args.filter((word) => !word.startsWith('-'))) {
      if (shell.readFile(path) === undefined && !isForced) {
        streams.stderr += `rm: can't remove '${path}': No such file or directory\n`;
        exitCode = 1;
      }
      shell.writeFile(path, undefined);
    }
    return exitCode;
  },
};

const test: ShellCommand = {
  run: ({ args, shell }) =>
    evaluateTest(args.at(-1) === ']' ? args.slice(0, -1) : args, shell.readFile),
};

const exit: ShellCommand = {
  run: ({ args, shell }) => {
    throw new ShellExit(args[0] === undefined ? shell.exitCode : Number(args[0]) & 255);
  },
};

const seq: ShellCommand = {
  run: ({ args, streams }) => {
    const [first = 1, last = first] = args.map(Number);
    const from = args.length > 1 ? first : 1;
    const to = args.length > 1 ? last : first;
    const count = Math.min(Math.max(0, to - from + 1), 100_000);
    streams.stdout += Array.from({ length: count }, (_, index) => `${from + index}\n`).join('');
    return 0;
  },
};

const exportVariables: ShellCommand = {
  run: ({ args, shell }) => {
    for (const word of args) {
      const [name = '', ...value] = word.split('=');
      if (value.length > 0) shell.variables.set(name, value.join('='));
    }
    return 0;
  },
};

const environment: ShellCommand = {
  run: ({ args, streams, shell }) => {
    const [name] = args;
    if (name !== undefined) {
      const value = shell.variables.get(name);
      if (value !== undefined) streams.stdout += `${value}\n`;
      return Number(value === undefined);
    }
    for (const [key, value] of shell.variables) streams.stdout += `${key}=${value}\n`;
    return 0;
  },
};

const grep: ShellCommand = {
  run: ({ args, streams, shell }) => {
    const [pattern = '', ...paths] = args.filter((word) => !word.startsWith('-'));
    const texts =
      paths.length === 0 ? [streams.stdin] : paths.map((path) => shell.readFile(path) ?? '');
    const lines = texts
      .flatMap((text) => text.split('\n'))
      .filter((line) => line.includes(pattern));
    if (!args.some((word) => /^-\w*q/.test(word)))
      streams.stdout += lines.map((line) => `${line}\n`).join('');
    return Number(lines.length === 0);
  },
};

const say = (text: (run: CommandRun) => string): ShellCommand => ({
  run: (run) => {
    run.streams.stdout += `${text(run)}\n`;
    return 0;
  },
});

/** `exec` and the like: the rest is the command. */
const runRest: ShellCommand = {
  run: ({ args, streams, shell }) => (args.length === 0 ? 0 : shell.run(args, streams, shell)),
  supports: ([name]) => name === undefined || SHELL_COMMANDS.has(name),
};

/** Servers' own clients, which find theirs well. */
const pong: ShellCommand = say(() => 'PONG');
const accepting: ShellCommand = say(() => 'accepting connections');
const alive: ShellCommand = say(() => 'mysqld is alive');

/** Every command that containers know here. */
export const SHELL_COMMANDS: ReadonlyMap<string, ShellCommand> = new Map<string, ShellCommand>([
  [':', succeed],
  ['true', succeed],
  ['false', { run: () => 1 }],
  ['break', { run: () => raise(new LoopJump(true)) }],
  ['continue', { run: () => raise(new LoopJump(false)) }],
  ['exit', exit],
  ['exec', runRest],
  ['echo', print],
  ['printf', printf],
  ['cat', cat],
  ['sleep', sleep],
  ['tail', tail],
  ['touch', touch],
  ['rm', remove],
  ['mkdir', succeed],
  ['chmod', succeed],
  ['chown', succeed],
  ['test', test],
  ['[', test],
  ['seq', seq],
  ['grep', grep],
  ['export', exportVariables],
  ['env', environment],
  ['printenv', environment],
  ['set', succeed],
  ['trap', succeed],
  ['wait', { run: async ({ shell }) => (await shell.sleep(Infinity), raise(new ShellExit(143))) }],
  ['cd', succeed],
  ['kill', succeed],
  ['pwd', say(() => '/')],
  ['hostname', say(({ pod }) => pod.hostname)],
  ['whoami', say(() => 'root')],
  ['date', say(({ pod }) => new Date(pod.clock.now()).toUTCString())],
  ['redis-cli', pong],
  ['pg_isready', accepting],
  ['mysqladmin', alive],
  ['grpc_health_probe', say(() => 'status: SERVING')],
  ...NETWORK_COMMANDS,
]);

function raise(error: Error): never {
  throw error;
}

function unescape(text: string): string {
  return text.replaceAll(/\\([ntr\\])/g, (_, code: string) => ESCAPES[code] ?? code);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
