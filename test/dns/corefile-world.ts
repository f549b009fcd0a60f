/** DNS by a Corefile, for tests: no upstreams of the host, ports of its own. */
import {
  CLASS,
  createClusterDns,
  decodeMessage,
  encodeMessage,
  formatRdata,
  OPCODE,
  rcodeName,
  TYPE,
  typeName,
  type Client,
  type ClusterDns,
  type ClusterDnsOptions,
  type Edns,
  type Message,
} from '../../src/dns/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../../src/observe/index.ts';
import { createZoneStore, service } from './zone.ts';

export const WEB = 'web.shop.svc.cluster.local.';

export interface CorefileWorld extends Partial<ClusterDnsOptions> {
  /** How the Corefile is called; paths start at its folder. @default Corefile */
  readonly file?: string;
}

/** Nothing is loaded yet. There is a Service `shop/web` at 10.96.0.7. */
export function createDns(options: CorefileWorld = {}): ClusterDns {
  const store = createZoneStore();
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  store.create(service('web', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports }));
  return createClusterDns({
    store,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log: SILENT,
    resolvConf: () => ({ nameservers: [], search: [], options: [] }),
    portFor: () => 0,
    ...options,
  });
}

/** @throws CorefileError */
export async function loadDns(text: string, options: CorefileWorld = {}): Promise<ClusterDns> {
  const dns = createDns(options);
  await dns.load({ file: options.file ?? 'Corefile', text });
  return dns;
}

export interface Asking {
  /** @default A */
  readonly type?: number;
  /** @default IN */
  readonly class?: number;
  /** Address of the client. @default 127.0.0.1 */
  readonly from?: string;
  readonly transport?: Client['transport'];
  readonly edns?: Partial<Edns>;
}

/** The reply over the wire; undefined for silence. */
export async function query(
  dns: Pick<ClusterDns, 'answerBytes'>,
  name: string,
  { type = TYPE.A, class: class_ = CLASS.IN, from, transport = 'udp', edns }: Asking = {},
): Promise<Message | undefined> {
  const message: Message = {
    id: 4711,
    flags: {
      isResponse: false,
      opcode: OPCODE.QUERY,
      isAuthoritative: false,
      isTruncated: false,
      isRecursionDesired: true,
      isRecursionAvailable: false,
      isAuthentic: false,
      isCheckingDisabled: false,
      rcode: 0,
    },
    questions: [{ name, type, class: class_ }],
    answers: [],
    authority: [],
    additional: [],
    ...(edns && { edns: { udpSize: 1232, version: 0, isDnssecOk: false, options: [], ...edns } }),
  };
  const client: Client = { address: from ?? '127.0.0.1', port: 5353, transport };
  const reply = await dns.answerBytes(encodeMessage(message), client);
  return reply && decodeMessage(reply);
}

/** `NOERROR web.shop… 30 A 10.96.0.7`, or `silence`. */
export function brief(message: Message | undefined): string {
  if (message === undefined) return 'silence';
  const records = message.answers.map(
    ({ name, ttl, type, rdata }) => `${name} ${ttl} ${typeName(type)} ${formatRdata(rdata)}`,
  );
  return [rcodeName(message.flags.rcode), ...records].join(' ');
}
