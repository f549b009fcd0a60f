import { EXIT, isJson, type Command } from '../command.ts';
import { checkEnvironment, type Check } from '../environment-checks.ts';
import { packageVersion } from '../package-version.ts';
import type { Terminal } from '../terminal.ts';

/** `podlane doctor`: what this machine allows, one line each, with what to do. */
export const doctor: Command = {
  name: 'doctor',
  usage: ['doctor [-o json]'],
  description:
    'Checks what podlane needs of this machine and what it does where the machine says no. Exit 5 when something stops it.',
  options: { output: { type: 'string', short: 'o', value: 'FORMAT', help: 'json' } },
  examples: ['doctor', 'doctor -o json'],
  run: async ({ values, terminal }) => {
    const isForMachines = isJson(values, 'doctor');
    const checks = await checkEnvironment(terminal.env);
    if (isForMachines) terminal.out(JSON.stringify({ ...packageVersion(), checks }));
    else for (const check of checks) terminal.out(render(check, terminal));
    return checks.some(({ outcome }) => outcome === 'fail') ? EXIT.Environment : EXIT.Ok;
  },
};

const MARKS = { ok: '✓', note: '⚠', fail: '✗' } as const;
const COLOURS = { ok: 'green', note: 'yellow', fail: 'red' } as const;

function render({ outcome, what, hint }: Check, terminal: Pick<Terminal, 'style'>): string {
  const line = `${terminal.style(COLOURS[outcome], MARKS[outcome])} ${what}`;
  return hint === undefined ? line : `${line}\n    ${hint}`;
}
