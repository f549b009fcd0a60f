import { type CommandRun, fail, type RunProgram, splitFlags } from '../command.ts';
import { SHELL_COMMANDS } from '../commands.ts';

const env: RunProgram = async (run) => {
  const { args, stdout, shell } = run;
  const { flags, rest } = splitFlags(args, 'u');
  const variables = flags.has('i') ? new Map<string, string>() : new Map(shell.variables);
  let at = 0;
  for (; /^[A-Za-z_]\w*=/.test(rest[at] ?? ''); at += 1) {
    const [name = '', ...value] = (rest[at] ?? '').split('=');
    variables.set(name, value.join('='));
  }
  if (at < rest.length) return shell.run(rest.slice(at), run, { ...shell, variables });
  for (const [key, value] of variables) await stdout.write(`${key}=${value}\n`);
  return 0;
};

const printenv: RunProgram = async (run) => {
  const [name] = run.args;
  if (name === undefined) return env(run);
  const value = run.shell.variables.get(name);
  if (value === undefined) return 1;
  await run.stdout.write(`${value}\n`);
  return 0;
};

const date: RunProgram = async ({ args, stdout, pod }) => {
  const { flags, rest } = splitFlags(args, 'dr');
  const now = new Date(pod.clock.now());
  const format = rest.find((word) => word.startsWith('+'))?.slice(1);
  const text =
    format === undefined
      ? flags.has('I') || flags.has('iso-8601')
        ? now.toISOString().slice(0, 10)
        : formatDate(now, '%a %b %e %H:%M:%S UTC %Y')
      : formatDate(now, format);
  await stdout.write(`${text}\n`);
  return 0;
};

const two = (value: number, fill = '0'): string => `${value}`.padStart(2, fill);
const DAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

const DATE_FIELDS: Readonly<Record<string, (at: Date) => string>> = {
  A: (at) => DAYS[at.getUTCDay()] ?? '',
  B: (at) => MONTHS[at.getUTCMonth()] ?? '',
  F: (at) => at.toISOString().slice(0, 10),
  H: (at) => two(at.getUTCHours()),
  M: (at) => two(at.getUTCMinutes()),
  N: (at) => `${at.getUTCMilliseconds()}`.padStart(3, '0').padEnd(9, '0'),
  R: (at) => at.toISOString().slice(11, 16),
  S: (at) => two(at.getUTCSeconds()),
  T: (at) => at.toISOString().slice(11, 19),
  Y: (at) => `${at.getUTCFullYear()}`,
  Z: () => 'UTC',
  a: (at) => (DAYS[at.getUTCDay()] ?? '').slice(0, 3),
  b: (at) => (MONTHS[at.getUTCMonth()] ?? '').slice(0, 3),
  d: (at) => two(at.getUTCDate()),
  e: (at) => two(at.getUTCDate(), ' '),
  j: (at) => `${Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 0)) / 86_400_000)}`,
  m: (at) => two(at.getUTCMonth() + 1),
  n: () => '\n',
  s: (at) => `${Math.floor(at.getTime() / 1000)}`,
  y: (at) => two(at.getUTCFullYear() % 100),
  z: () => '+0000',
};

function formatDate(at: Date, format: string): string {
  return format.replaceAll(/%([A-Za-z%])/g, (whole, code: string) =>
    code === '%' ? '%' : (DATE_FIELDS[code]?.(at) ?? whole),
  );
}

const id: RunProgram = async ({ args, stdout }) => {
  const { flags } = splitFlags(args);
  const isName = flags.has('n');
  const text =
    flags.has('u') || flags.has('g') || flags.has('G')
      ? isName
        ? 'root'
        : '0'
      : 'uid=0(root) gid=0(root) groups=0(root)';
  await stdout.write(`${text}\n`);
  return 0;
};

/** A Linux as Nodes report it; the programs here run on none. */
const uname: RunProgram = async ({ args, stdout, pod }) => {
  const { flags } = splitFlags(args);
  const fields: readonly (readonly [string, string])[] = [
    ['s', 'Linux'],
    ['n', pod.hostname],
    ['r', '6.12.0'],
    ['v', '#1 SMP'],
    ['m', 'x86_64'],
    ['o', 'GNU/Linux'],
  ];
  const wanted =
    flags.size === 0
      ? fields.slice(0, 1)
      : fields.filter(([flag]) => flags.has('a') || flags.has(flag));
  await stdout.write(`${wanted.map(([, value]) => value).join(' ')}\n`);
  return 0;
};

/** The container's program, and the one that asks. */
const ps: RunProgram = async ({ args, stdout, pod }) => {
  const main = pod.program;
  const own = `ps ${args.join(' ')}`.trim();
  await stdout.write(
    `PID   USER     TIME  COMMAND\n    1 root      0:00 ${main}\n    7 root      0:00 ${own}\n`,
  );
  return 0;
};

const which: RunProgram = async ({ args, stdout }) => {
  let exitCode = 0;
  for (const name of splitFlags(args).rest) {
    if (SHELL_COMMANDS.has(name) || /^(?:ba|a|da)?sh$/.test(name))
      await stdout.write(`/bin/${name}\n`);
    else exitCode = 1;
  }
  return exitCode;
};

const ping: RunProgram = (run) =>
  fail(
    run,
    'ping: podlane carries TCP and UDP, and no ICMP: there is nothing to ping here. Try nc -zv HOST PORT, or nslookup HOST.',
    2,
  );

const ip: RunProgram = async (run) => {
  const words = splitFlags(run.args).rest;
  const [object = 'addr'] = words;
  if ('address'.startsWith(object)) return addresses(run);
  if (!'route'.startsWith(object) || object === '')
    return fail(run, `ip: podlane shows addr and route alone, not ${object}`, 1);
  const own = run.pod.podIPs.find((address) => !address.includes(':')) ?? '';
  const gateway = own.replace(/\d+$/, '1');
  await run.stdout.write(
    `default via ${gateway} dev eth0\n${own.replace(/\d+$/, '0')}/24 dev eth0 scope link  src ${own}\n`,
  );
  return 0;
};

async function addresses({ stdout, pod }: CommandRun): Promise<number> {
  const lines = pod.podIPs.map((address) =>
    address.includes(':')
      ? `    inet6 ${address}/64 scope global\n       valid_lft forever preferred_lft forever\n`
      : `    inet ${address}/24 scope global eth0\n       valid_lft forever preferred_lft forever\n`,
  );
  await stdout.write(
    `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n    link/ether ${macOf(pod.podIPs[0] ?? '')} brd ff:ff:ff:ff:ff:ff\n${lines.join('')}`,
  );
  return 0;
}

/** A locally administered address made of the Pod's own. */
function macOf(address: string): string {
  const parts = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return parts.length === 4 ? `02:42:${parts.join(':')}` : '02:42:00:00:00:01';
}

const ifconfig: RunProgram = async ({ stdout, pod }) => {
  const lines = pod.podIPs.map((address) =>
    address.includes(':')
      ? `          inet6 addr: ${address}/64 Scope:Global\n`
      : `          inet addr:${address}  Bcast:0.0.0.0  Mask:255.255.255.0\n`,
  );
  await stdout.write(
    `eth0      Link encap:Ethernet  HWaddr ${macOf(pod.podIPs[0] ?? '')}\n${lines.join('')}          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\nlo        Link encap:Local Loopback\n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n`,
  );
  return 0;
};

const say =
  (text: string): RunProgram =>
  async ({ stdout }) => {
    await stdout.write(`${text}\n`);
    return 0;
  };

/** What a system tells of itself, and servers' own clients, which find theirs well. */
export const SYSTEM: Readonly<Record<string, RunProgram>> = {
  date,
  env,
  grpc_health_probe: say('status: SERVING'),
  id,
  ifconfig,
  ip,
  mysqladmin: say('mysqld is alive'),
  pg_isready: say('accepting connections'),
  ping,
  printenv,
  ps,
  'redis-cli': say('PONG'),
  uname,
  which,
};
