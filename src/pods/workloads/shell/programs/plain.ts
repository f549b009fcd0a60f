import { fail, type RunProgram, splitFlags } from '../command.ts';
import { printf } from '../printf.ts';
import { pathIn, ShellExit } from '../shell.ts';
import { evaluateTest } from '../test-command.ts';

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

const test: RunProgram = ({ args, shell }) =>
  evaluateTest(args.at(-1) === ']' || args.at(-1) === ']]' ? args.slice(0, -1) : args, shell);

/** Small programs that many scripts have, and few containers when they start. */
export const PLAIN: Readonly<Record<string, RunProgram>> = {
  '[': test,
  '[[': test,
  cat,
  printf,
  seq,
  test,
  timeout,
};
