/** The upstream that the table describes, on real sockets. */
import {
  decodeMessage,
  encodeMessage,
  RCODE,
  TYPE,
  typeOf,
  WireError,
  type Message,
  type Rdata,
  type ResourceRecord,
  type Soa,
} from '../../../../src/dns/index.ts';
import { listenUdp, type UdpListener } from '../../../../src/net/index.ts';
import type { ExpectedRecord, UpstreamTable } from './table.ts';

export interface MockUpstream extends AsyncDisposable {
  /** `ADDRESS:PORT`. */
  readonly address: string;
  /** Queries received so far. */
  readonly queries: () => number;
  /** Closes its socket, or opens it again on the same port. */
  setDown(isDown: boolean): Promise<void>;
}

export async function serveMockUpstream(table: UpstreamTable): Promise<MockUpstream> {
  let queries = 0;
  const open = (at: number): Promise<UdpListener> =>
    listenUdp({
      address: '127.0.0.1',
      port: at,
      onDatagram: (datagram, { port, address }) => {
        queries += 1;
        const reply = replyTo(decodeMessage(datagram), table);
        if (reply !== undefined) listener.socket.send(encodeMessage(reply), port, address);
      },
    });
  let listener = await open(0);
  const { port: ownPort } = listener;
  return {
    address: `127.0.0.1:${ownPort}`,
    queries: () => queries,
    setDown: async (isDown) => {
      await listener.close();
      if (!isDown) listener = await open(ownPort);
    },
    [Symbol.asyncDispose]: () => listener.close(),
  };
}

function replyTo(query: Message, table: UpstreamTable): Message | undefined {
  const [question] = query.questions;
  if (question === undefined) return undefined;
  const name = question.name.toLowerCase();
  if (table.noReply.includes(name)) return undefined;
  const found = answerTo(question.name, question.type, table);
  return {
    ...query,
    flags: {
      ...query.flags,
      isResponse: true,
      isAuthoritative: table.flags.aa,
      isRecursionAvailable: table.flags.ra,
      rcode: found.rcode,
    },
    answers: found.answers,
    authority: found.authority,
    additional: [],
  };
}

interface Found {
  readonly rcode: number;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
}

function answerTo(asked: string, type: number, table: UpstreamTable): Found {
  const rcode = table.rcodes[asked.toLowerCase()];
  if (rcode !== undefined)
    return { rcode: RCODE[rcode as keyof typeof RCODE], answers: [], authority: [] };
  const answers: ResourceRecord[] = [];
  let name = asked;
  for (let links = 0; links < 8; links += 1) {
    const here = table.records.filter((record) => record.name === name.toLowerCase());
    const matching = here.filter((record) => typeOf(record.type) === type);
    const alias = here.find((record) => record.type === 'CNAME');
    const chosen = matching.length === 0 && alias !== undefined ? [alias] : matching;
    for (const record of chosen) answers.push(recordOf({ ...record, name }));
    if (chosen.length === 0 || alias === undefined || matching.length > 0) break;
    name = alias.rdata;
  }
  if (answers.length > 0) return { rcode: RCODE.NOERROR, answers, authority: [] };
  const exists = table.records.some((record) => record.name === asked.toLowerCase());
  const hasSoa = !table.nxdomainWithoutSOA.includes(asked.toLowerCase());
  return {
    rcode: exists ? RCODE.NOERROR : RCODE.NXDOMAIN,
    answers,
    authority: hasSoa ? soaOf(asked, table) : [],
  };
}

function soaOf(name: string, table: UpstreamTable): readonly ResourceRecord[] {
  const zones = Object.keys(table.soa).filter(
    (zone) => zone === '.' || `.${name.toLowerCase()}`.endsWith(`.${zone}`),
  );
  const [closest] = zones.toSorted((a, b) => b.length - a.length);
  const record = closest === undefined ? undefined : table.soa[closest];
  return record === undefined ? [] : [recordOf(record)];
}

function recordOf({ name, type, ttl, rdata }: ExpectedRecord): ResourceRecord {
  const number = typeOf(type);
  if (number === undefined) throw new WireError(`type ${type}`);
  return { name, type: number, class: 1, ttl, rdata: rdataOf(number, rdata) };
}

function rdataOf(type: number, text: string): Rdata {
  if (type === TYPE.A || type === TYPE.AAAA) return { kind: 'address', address: text };
  if (type === TYPE.CNAME || type === TYPE.PTR || type === TYPE.NS)
    return { kind: 'name', target: text };
  if (type !== TYPE.SOA) throw new WireError(`the mock has no type ${type}`);
  return { kind: 'soa', soa: soaRdata(text) };
}

function soaRdata(text: string): Soa {
  const [mname = '', rname = '', ...numbers] = text.split(' ');
  const [serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0] = numbers.map(Number);
  return { mname, rname, serial, refresh, retry, expire, minimum };
}
