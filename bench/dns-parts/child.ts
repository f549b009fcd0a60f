/** `node child.ts api|podlane SERVICES WORKERS COREFILE`: one party of the measurement, alone in its process. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { createClusterDns, serveDns } from '../../src/dns/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../../src/observe/index.ts';
import { serveApi } from './api.ts';
import { queryFor } from './party.ts';
import { createWorldStore, podAddress, sliceOf, ZONE } from './world.ts';

const CHANGES = 600;

const [, , role = '', services = '0', workers = '1', corefile = ''] = process.argv;
const say = (facts: object): void => void process.stdout.write(`${JSON.stringify(facts)}\n`);
const store = createWorldStore(Number(services));

async function serveNames(): Promise<number> {
  const dns = createClusterDns({
    store,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log: SILENT,
    resolvConf: () => ({ nameservers: [], search: [], options: [] }),
    portFor: () => 0,
  });
  await dns.load({ file: 'Corefile', text: corefile });
  const { answerBytes, finished, revision } = dns;
  const server = await serveDns({
    addresses: [{ address: '127.0.0.1', port: 0 }],
    answerBytes,
    workers: { count: Number(workers), finished, revision },
    log: SILENT,
  });
  await dns.start();
  return server.addresses[0]?.port ?? 0;
}

/** Milliseconds from writing a slice until a client has the new address, by a new socket each time. */
async function timeChanges(port: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < CHANGES; round += 1) {
    const socket = createSocket('udp4');
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const address = podAddress(1 + round);
    await answerTo(socket, round);
    const writtenAt = performance.now();
    store.update(sliceOf('churn', 'ns-0', [address]));
    while ((await answerTo(socket, round)) !== address);
    times.push(performance.now() - writtenAt);
    socket.close();
  }
  return times.slice(CHANGES / 6);
}

async function answerTo(socket: Socket, id: number): Promise<string> {
  socket.send(queryFor(`churn.ns-0.svc.${ZONE}`, id));
  const [reply] = (await once(socket, 'message')) as [Buffer];
  return reply.subarray(-4).join('.');
}

const ROLES: Readonly<Record<string, () => Promise<number>>> = {
  api: async () => {
    const server = serveApi(store).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port; // it listens on TCP
  },
  podlane: serveNames,
};

const port = (await ROLES[role]?.()) ?? 0;
say({ port });
for await (const line of createInterface({ input: process.stdin }))
  if (line === 'changes') say({ times: await timeChanges(port) });
process.exit();
