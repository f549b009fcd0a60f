import { within } from '../../http-client.ts';
import { type CommandRun, fail, type RunProgram, splitFlags } from '../command.ts';
import type { DnsReply } from '../../../workload.ts';

/** What a client gives a server to answer. */
const TIMEOUT_MS = 5000;
const ATTEMPTS = 2;

interface Question {
  /** Absolute. */
  readonly name: string;
  readonly type: string;
  readonly server: string;
}

/** Asks a server as the Pod, over UDP. @throws Error when there is no answer. */
async function ask({ pod, shell }: CommandRun, question: Question): Promise<DnsReply> {
  const { dns } = pod;
  if (dns === undefined) throw new Error('no servers could be reached');
  for (let attempt = 1; ; attempt += 1) {
    const query = dns.encode(question.name, question.type);
    const channel = pod.associate({ address: question.server, port: 53 });
    const over = new AbortController();
    const expire = (): void =>
      over.abort(new Error('connection timed out; no servers could be reached'));
    const timer = pod.clock.setTimer(TIMEOUT_MS, expire);
    try {
      const { promise, resolve } = Promise.withResolvers<Uint8Array>();
      channel.onDatagram((datagram) => resolve(datagram));
      channel.send(query);
      return dns.decode(await within(promise, AbortSignal.any([over.signal, shell.signal])));
    } catch (error) {
      if (attempt >= ATTEMPTS || shell.signal.aborted) throw error;
    } finally {
      timer[Symbol.dispose]();
      channel.close();
    }
  }
}

function nameserver({ pod }: CommandRun): string {
  return pod.resolvConf().nameservers[0] ?? '127.0.0.1';
}

/** The names that a resolver tries for one, in their order. @see resolv.conf(5) */
function candidates({ pod }: CommandRun, name: string): readonly string[] {
  if (name.endsWith('.')) return [name];
  const { searches, options } = pod.resolvConf();
  const ndots = Number(options.find((option) => option.startsWith('ndots:'))?.slice(6) ?? 1);
  const dots = name.split('.').length - 1;
  const searched = searches.map((domain) => `${name}.${domain}.`);
  return dots >= ndots ? [`${name}.`, ...searched] : [...searched, `${name}.`];
}

/** `4.3.2.1.in-addr.arpa.` of 1.2.3.4; undefined for what is no address. */
function reverseName(text: string): string | undefined {
  if (/^\d+(?:\.\d+){3}$/.test(text))
    return `${text.split('.').toReversed().join('.')}.in-addr.arpa.`;
  if (!text.includes(':')) return undefined;
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array.from({ length: Math.max(0, middle) }, () => '0'), ...right];
  const digits = groups.map((group) => group.padStart(4, '0')).join('');
  return digits.length === 32 ? `${digits.split('').toReversed().join('.')}.ip6.arpa.` : undefined;
}

interface Found {
  readonly reply: DnsReply;
  readonly name: string;
}

/** The first candidate that has an answer, or what the last one said. */
async function search(
  run: CommandRun,
  name: string,
  ask_: (name: string) => Promise<DnsReply>,
): Promise<Found> {
  let last: Found | undefined;
  for (const candidate of candidates(run, name)) {
    last = { reply: await ask_(candidate), name: candidate };
    if (last.reply.answers.length > 0) return last;
  }
  if (last === undefined) throw new Error('no names to ask for');
  return last;
}

const nslookup: RunProgram = async (run) => {
  const { type, words } = lookupWords(run.args);
  const [name = '', given] = words;
  try {
    const server = given === undefined ? nameserver(run) : await serverOf(run, given);
    const place = server.includes(':') ? `[${server}]` : server;
    await run.stdout.write(`Server:\t\t${server}\nAddress:\t${place}:53\n\n`);
    const reverse = reverseName(name);
    const types = reverse === undefined ? (type === undefined ? ['A', 'AAAA'] : [type]) : ['PTR'];
    const replies = await askEach(run, { name, reverse, types, server });
    return await printReplies(run, reverse ?? name, replies);
  } catch (error) {
    return fail(run, `;; ${error instanceof Error ? error.message : String(error)}`);
  }
};

interface Lookup {
  readonly name: string;
  /** Of an address. */
  readonly reverse: string | undefined;
  readonly types: readonly string[];
  readonly server: string;
}

/** One reply for each type: of the first name of the search path that has any. */
async function askEach(
  run: CommandRun,
  { name, reverse, types, server }: Lookup,
): Promise<readonly DnsReply[]> {
  const replies: DnsReply[] = [];
  for (const type of types) {
    const asking = (asked: string): Promise<DnsReply> => ask(run, { name: asked, type, server });
    replies.push(
      reverse === undefined ? (await search(run, name, asking)).reply : await asking(reverse),
    );
  }
  return replies;
}

async function printReplies(
  { stdout }: CommandRun,
  asked: string,
  replies: readonly DnsReply[],
): Promise<number> {
  const answers = replies.flatMap((reply) => reply.answers);
  for (const { name, type, data } of answers)
    await stdout.write(answerLine(plain(name), type, data));
  const isFound = answers.length > 0 || replies.some(({ status }) => status === 'NOERROR');
  const status = replies.at(-1)?.status ?? '';
  await stdout.write(isFound ? '\n' : `** server can't find ${plain(asked)}: ${status}\n\n`);
  return isFound ? 0 : 1;
}

function answerLine(owner: string, type: string, data: string): string {
  if (type === 'A' || type === 'AAAA') return `Name:\t${owner}\nAddress: ${data}\n`;
  if (type === 'CNAME') return `${owner}\tcanonical name = ${plain(data)}\n`;
  if (type === 'PTR') return `${owner}\tname = ${plain(data)}\n`;
  if (type === 'SRV') return `${owner}\tservice = ${data}\n`;
  return `${owner}\t${type.toLowerCase()} = ${data}\n`;
}

const plain = (name: string): string => name.replace(/\.$/, '');

/** `-type=SRV NAME SERVER`, `-q=A`. */
function lookupWords(args: readonly string[]): {
  readonly type: string | undefined;
  readonly words: readonly string[];
} {
  const typed = args.find((word) => /^-(?:q|ty|type|query|querytype)=/i.test(word));
  return {
    type: typed?.split('=')[1]?.toUpperCase(),
    words: args.filter((word) => !word.startsWith('-')),
  };
}

/** @throws Error for a server that has no address. */
async function serverOf({ pod }: CommandRun, given: string): Promise<string> {
  const [address] = await pod.resolve(given);
  if (address === undefined) throw new Error(`couldn't get address for '${given}': not found`);
  return address;
}

const dig: RunProgram = async (run) => {
  const words = readDig(run.args);
  const { isShort, searches } = words;
  try {
    const server = words.server === undefined ? nameserver(run) : await serverOf(run, words.server);
    const asking = (name: string): Promise<DnsReply> =>
      ask(run, { name, type: words.type, server });
    const absolute = words.name.endsWith('.') ? words.name : `${words.name}.`;
    const { reply, name } = searches
      ? await search(run, words.name, asking)
      : { reply: await asking(absolute), name: absolute };
    const lines = reply.answers.map(
      ({ name: owner, ttl, type, data }) => `${owner}\t${ttl}\tIN\t${type}\t${data}\n`,
    );
    if (isShort) await run.stdout.write(reply.answers.map(({ data }) => `${data}\n`).join(''));
    else if (words.isAnswerOnly) await run.stdout.write(lines.join(''));
    else
      await run.stdout.write(
        `\n; <<>> DiG <<>> ${run.args.join(' ')}\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${reply.status}, id: ${reply.id}\n;; flags: ${reply.flags.join(' ')}; QUERY: 1, ANSWER: ${lines.length}\n\n;; QUESTION SECTION:\n;${name}\t\tIN\t${words.type}\n\n${lines.length === 0 ? '' : `;; ANSWER SECTION:\n${lines.join('')}\n`};; SERVER: ${server}#53(${server}) (UDP)\n`,
      );
    return 0;
  } catch (error) {
    return fail(run, `;; ${error instanceof Error ? error.message : String(error)}`, 9);
  }
};

interface DigWords {
  readonly name: string;
  readonly type: string;
  readonly server: string | undefined;
  readonly isShort: boolean;
  readonly isAnswerOnly: boolean;
  readonly searches: boolean;
}

const TYPES = /^(?:A|AAAA|ANY|CAA|CNAME|HTTPS|MX|NS|PTR|SOA|SRV|SVCB|TXT)$/i;

function readDig(args: readonly string[]): DigWords {
  const reversed = args[args.indexOf('-x') + 1];
  const isReverse = args.includes('-x') && reversed !== undefined;
  const typed = args.includes('-t') ? args[args.indexOf('-t') + 1] : undefined;
  const plainWords = args.filter(
    (word, index) =>
      !/^[-+@]/.test(word) && !/^-[tpbqkx]$/.test(args[index - 1] ?? '') && !/^IN$/i.test(word),
  );
  const type = typed ?? plainWords.find((word) => TYPES.test(word) && plainWords.length > 1);
  const name = plainWords.find((word) => word !== type) ?? '.';
  return {
    name: isReverse ? (reverseName(reversed) ?? reversed) : name,
    type: isReverse ? 'PTR' : (type ?? 'A').toUpperCase(),
    server: args.find((word) => word.startsWith('@'))?.slice(1),
    isShort: args.includes('+short'),
    isAnswerOnly: args.includes('+noall') && args.includes('+answer'),
    searches: args.includes('+search'),
  };
}

const host: RunProgram = async (run) => {
  const { flags, rest } = splitFlags(run.args, 'tW');
  const [name = '', given] = rest;
  try {
    const server = given === undefined ? nameserver(run) : await serverOf(run, given);
    const reverse = reverseName(name);
    const types = reverse === undefined ? [(flags.get('t') ?? 'A').toUpperCase()] : ['PTR'];
    const [type = 'A'] = types;
    const asking = (asked: string): Promise<DnsReply> => ask(run, { name: asked, type, server });
    const { reply } =
      reverse === undefined ? await search(run, name, asking) : { reply: await asking(reverse) };
    for (const { name: owner, type: kind, data } of reply.answers)
      await run.stdout.write(
        `${plain(owner)} ${HOST_VERBS[kind] ?? `has ${kind} record`} ${data}\n`,
      );
    if (reply.answers.length > 0) return 0;
    await run.stdout.write(`Host ${name} not found: 3(${reply.status})\n`);
    return 1;
  } catch (error) {
    return fail(run, `;; ${error instanceof Error ? error.message : String(error)}`);
  }
};

const HOST_VERBS: Readonly<Record<string, string>> = {
  A: 'has address',
  AAAA: 'has IPv6 address',
  CNAME: 'is an alias for',
  PTR: 'domain name pointer',
};

/** `getent hosts NAME`: as the C library finds it, `/etc/hosts` and all. */
const getent: RunProgram = async (run) => {
  const [database = '', name = ''] = run.args;
  if (!/^a?hosts(?:v[46])?$/.test(database))
    return fail(run, `getent: unknown database: ${database}`, 1);
  const addresses = await run.pod.resolve(name).catch(() => []);
  for (const address of addresses) await run.stdout.write(`${address.padEnd(15)} ${name}\n`);
  return addresses.length > 0 ? 0 : 2;
};

/** `nslookup` where no DNS server can be asked: whether a name has addresses, and which. */
const resolveAlone: RunProgram = async (run) => {
  const [name = ''] = lookupWords(run.args).words;
  const addresses = await run.pod.resolve(name).catch(() => []);
  if (addresses.length === 0) return fail(run, `** server can't find ${name}: NXDOMAIN`);
  await run.stdout.write(`Name:\t${name}\n${addresses.map((ip) => `Address: ${ip}\n`).join('')}`);
  return 0;
};

const withDns =
  (program: RunProgram): RunProgram =>
  (run) =>
    run.pod.dns === undefined ? resolveAlone(run) : program(run);

/** Programs that look names up. */
export const NAMES: Readonly<Record<string, RunProgram>> = {
  dig: withDns(dig),
  getent,
  host: withDns(host),
  nslookup: withDns(nslookup),
};
