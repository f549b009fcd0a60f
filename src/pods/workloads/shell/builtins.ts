import { type CommandRun, fail, type RunProgram, splitFlags } from './command.ts';
import { FunctionReturn, LoopJump, pathIn, type Shell, ShellExit } from './shell.ts';
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
  ['sleep', sleep],
  ['chmod', succeed],
  ['chown', succeed],
  ['sync', succeed],
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
];

async function hostname({ args, stdout, pod }: CommandRun): Promise<number> {
  await stdout.write(`${nameOf(pod, args[0] ?? '')}\n`);
  return 0;
}

function nameOf(pod: CommandRun['pod'], option: string): string {
  const name = pod.hostname;
  // The first name beside it in the hosts file, as the C library has it.
  const lines = pod
    .hostsFile()
    .split('\n')
    .map((line) => line.split(/\s+/).slice(1));
  const full = lines.find((names) => names.includes(name))?.[0] ?? name;
  const [short = ''] = name.split('.', 1);
  if (/^-[iI]$/.test(option)) return `${pod.podIPs.join(' ')} `;
  if (option === '-f') return full;
  if (option === '-d') return full.slice(short.length + 1);
  return option === '-s' ? short : name;
}
