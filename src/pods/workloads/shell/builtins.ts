import { type CommandRun, fail, type RunProgram, splitFlags } from './command.ts';
import { printf } from './printf.ts';
import { FunctionReturn, LoopJump, pathIn, type Shell, ShellExit } from './shell.ts';
import { evaluateTest } from './test-command.ts';
import { unescapeText } from './unescape.ts';

const succeed: RunProgram = () => 0;

const echo: RunProgram = async ({ args, stdout }) => {
  const [flag, ...rest] = args;
  const isFlag = flag !== undefined && /^-[neE]+$/.test(flag);
  const text = (isFlag ? rest : args).join(' ');
  const said = isFlag && flag.includes('e') ? unescapeText(text) : text;
  await stdout.write(isFlag && flag.includes('n') ? said : `${said}\n`);
  return 0;
};

const cat: RunProgram = async ({ args, stdin, stdout, stderr, shell }) => {
  const { rest } = splitFlags(args);
  let exitCode = 0;
  for (const path of rest.length === 0 ? ['-'] : rest) {
    if (path === '-') {
      for (let bytes = await stdin.bytes(); bytes !== undefined; bytes = await stdin.bytes())
        await stdout.write(bytes);
      continue;
    }
    const absolute = pathIn(shell, path);
    const content = shell.files.read(absolute);
    if (content !== undefined) await stdout.write(content);
    else {
      const why = shell.files.isDirectory(absolute)
        ? `cat: read error: Is a directory\n`
        : `cat: can't open '${path}': No such file or directory\n`;
      if (path !== '/dev/null') await stderr.write(why);
      exitCode = path === '/dev/null' ? exitCode : 1;
    }
  }
  return exitCode;
};

const sleep: RunProgram = async (run) => {
  const { args, shell } = run;
  let ms = 0;
  for (const word of args) {
    const match = /^(\d*\.?\d+)([smhd]?)$/.exec(word);
    if (match !== null) ms += Number(match[1]) * (SLEEP_UNIT_MS[match[2] ?? ''] ?? 1000);
    else if (word.startsWith('inf')) ms = Infinity;
    else return fail(run, `sleep: invalid number '${word}'`);
  }
  await shell.sleep(ms);
  if (shell.signal.aborted) throw new ShellExit(143);
  return 0;
};

const SLEEP_UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

const test: RunProgram = ({ args, shell }) =>
  evaluateTest(args.at(-1) === ']' || args.at(-1) === ']]' ? args.slice(0, -1) : args, shell);

const exit: RunProgram = ({ args, shell }) => {
  throw new ShellExit(args[0] === undefined ? shell.exitCode : Number(args[0]) & 255);
};

const returnFrom: RunProgram = ({ args, shell }) => {
  throw new FunctionReturn(args[0] === undefined ? shell.exitCode : Number(args[0]) & 255);
};

const jump =
  (isBreak: boolean): RunProgram =>
  ({ args }) => {
    throw new LoopJump(isBreak, Math.max(1, Number(args[0] ?? 1) || 1));
  };

const seq: RunProgram = async ({ args, stdout }) => {
  const { flags, rest } = splitFlags(args, 's');
  const numbers = rest.map(Number);
  const [first = 1, second = first, third] = numbers;
  const from = numbers.length > 1 ? first : 1;
  const step = third === undefined ? 1 : second;
  const to = third ?? (numbers.length > 1 ? second : first);
  if (![from, step, to].every(Number.isFinite) || step === 0) return 1;
  const count = Math.min(Math.max(0, Math.floor((to - from) / step) + 1), 1_000_000);
  const separator = flags.get('s') ?? '\n';
  const values = Array.from({ length: count }, (_, index) => from + index * step);
  const width = flags.has('w')
    ? Math.max(...values.slice(-1).map((value) => `${value}`.length))
    : 0;
  const lines = values.map((value) => `${value}`.padStart(width, '0'));
  if (count > 0) await stdout.write(`${lines.join(separator)}\n`);
  return 0;
};

const exportVariables: RunProgram = async ({ args, stdout, shell }) => {
  const { flags, rest } = splitFlags(args);
  if (rest.length === 0 && (flags.has('p') || flags.size === 0))
    for (const [name, value] of shell.variables) await stdout.write(`export ${name}='${value}'\n`);
  assign(rest, shell);
  return 0;
};

const local: RunProgram = ({ args, shell }) => {
  assign(args, shell);
  return 0;
};

function assign(words: readonly string[], { variables }: Shell): void {
  for (const word of words) {
    const [name = '', ...value] = word.split('=');
    if (value.length > 0 && /^[A-Za-z_]\w*$/.test(name)) variables.set(name, value.join('='));
  }
}

const unset: RunProgram = ({ args, shell }) => {
  for (const name of splitFlags(args).rest) {
    shell.variables.delete(name);
    shell.functions.delete(name);
  }
  return 0;
};

const set: RunProgram = ({ args, shell }) => {
  for (const [index, word] of args.entries()) {
    if (word === '--') {
      shell.positional = [shell.positional[0] ?? '', ...args.slice(index + 1)];
      return 0;
    }
    if (/^-[a-z]*e/.test(word) || (word === 'errexit' && args[index - 1] === '-o'))
      shell.endsOnError = true;
    else if (/^\+[a-z]*e/.test(word)) shell.endsOnError = false;
  }
  return 0;
};

const shift: RunProgram = ({ args, shell }) => {
  const count = Number(args[0] ?? 1);
  const [name = '', ...rest] = shell.positional;
  if (count > rest.length) return 1;
  shell.positional = [name, ...rest.slice(count)];
  return 0;
};

const read: RunProgram = async ({ args, stdin, shell }) => {
  const { rest } = splitFlags(args, 'ptdn');
  const line = await stdin.line();
  if (line === undefined) return 1;
  const names = rest.length === 0 ? ['REPLY'] : rest;
  let left = line.replace(/\n$/, '').trim();
  for (const [index, name] of names.entries()) {
    const isLast = index === names.length - 1;
    const end = isLast ? -1 : left.search(/\s/);
    shell.variables.set(name, end < 0 ? left : left.slice(0, end));
    left = end < 0 ? '' : left.slice(end).trim();
  }
  return line.endsWith('\n') ? 0 : 1;
};

const cd: RunProgram = async (run) => {
  const [given = '/root'] = run.args;
  const path = pathIn(
    run.shell,
    given === '-' ? (run.shell.variables.get('OLDPWD') ?? '/') : given,
  );
  if (!run.shell.files.isDirectory(path) && path !== '/' && !run.shell.isOfImage(path))
    return fail(run, `sh: cd: can't cd to ${given}: No such file or directory`);
  run.shell.variables.set('OLDPWD', run.shell.directory);
  run.shell.directory = path;
  return 0;
};

const wait: RunProgram = async ({ shell }) => {
  const gone = Promise.withResolvers<void>();
  const leave = (): void => gone.resolve();
  shell.signal.addEventListener('abort', leave, { once: true });
  await Promise.race([Promise.allSettled(shell.jobs), gone.promise]);
  shell.signal.removeEventListener('abort', leave);
  if (shell.signal.aborted) throw new ShellExit(143);
  return 0;
};

/** `exec`, `command`, `nohup` and the like: the rest is the command. */
const runRest: RunProgram = async ({ args, stdin, stdout, stderr, shell }) => {
  if (args.length === 0) return 0;
  return shell.run(args, { stdin, stdout, stderr }, shell);
};

/** `exec` ends the shell with the command. */
const replace: RunProgram = async (run) => {
  const exitCode = await runRest(run);
  if (run.args.length > 0) throw new ShellExit(exitCode);
  return 0;
};

const timeout: RunProgram = async (run) => {
  const { rest } = splitFlags(run.args, 'sk');
  const [limit = '', ...words] = rest;
  const seconds = Number.parseFloat(limit);
  if (words.length === 0 || Number.isNaN(seconds)) return fail(run, 'timeout: no command', 125);
  const { shell, pod } = run;
  const over = new AbortController();
  const expired = Promise.withResolvers<number>();
  const timer = pod.clock.setTimer(seconds * 1000, () => {
    over.abort();
    expired.resolve(124);
  });
  const signal = AbortSignal.any([shell.signal, over.signal]);
  const ran = Promise.resolve(shell.run(words, run, { ...shell, signal })).catch(
    (error: unknown) => {
      if (error instanceof ShellExit && !shell.signal.aborted) return error.exitCode;
      throw error;
    },
  );
  const exitCode = await Promise.race([ran, expired.promise]);
  timer[Symbol.dispose]();
  return exitCode;
};

const say =
  (text: (run: CommandRun) => string): RunProgram =>
  async (run) => {
    await run.stdout.write(`${text(run)}\n`);
    return 0;
  };

/** What scripts are made of. */
export const BUILTINS: readonly (readonly [string, RunProgram])[] = [
  [':', succeed],
  ['true', succeed],
  ['false', () => 1],
  ['break', jump(true)],
  ['continue', jump(false)],
  ['exit', exit],
  ['return', returnFrom],
  ['echo', echo],
  ['printf', printf],
  ['cat', cat],
  ['sleep', sleep],
  ['chmod', succeed],
  ['chown', succeed],
  ['sync', succeed],
  ['test', test],
  ['[', test],
  ['[[', test],
  ['seq', seq],
  ['export', exportVariables],
  ['local', local],
  ['readonly', local],
  ['unset', unset],
  ['set', set],
  ['shift', shift],
  ['read', read],
  ['trap', succeed],
  ['wait', wait],
  ['cd', cd],
  ['kill', succeed],
  ['umask', succeed],
  ['ulimit', succeed],
  ['pwd', say(({ shell }) => shell.directory)],
  ['hostname', hostname],
  ['whoami', say(() => 'root')],
];

/** Words that run other words. */
export const RUNNERS: readonly (readonly [string, RunProgram])[] = [
  ['busybox', runRest],
  ['exec', replace],
  ['command', runRest],
  ['nohup', runRest],
  ['time', runRest],
  ['timeout', timeout],
];

async function hostname({ args, stdout, pod }: CommandRun): Promise<number> {
  const text = /^-[iI]$/.test(args[0] ?? '') ? `${pod.podIPs.join(' ')} ` : pod.hostname;
  await stdout.write(`${text}\n`);
  return 0;
}
