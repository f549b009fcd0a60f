/** A store with many Services, and the datapath over it. */
import type { Store } from '../../src/api/index.ts';
import { createDatapath, createDatapathView } from '../../src/datapath/index.ts';
import { createAddressPlan, createDuplexPair } from '../../src/net/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../../src/observe/index.ts';
import {
  createProxyHealth,
  createUserspaceBackend,
  type UserspaceBackend,
} from '../../src/proxy/index.ts';
import {
  createLaxStore,
  nodeObject,
  podObject,
  put,
  serviceObject,
  sliceObject,
} from '../../test/proxy/world.ts';

export const ENDPOINTS = 5;
export const HOST = '10.0.0.1';

export function addressOf(index: number): string {
  return `10.${96 + (index >> 16)}.${(index >> 8) & 0xff}.${index & 0xff}`;
}

export function podAddress(index: number): string {
  return `10.244.${(index >> 8) & 0xff}.${index & 0xff}`;
}

export function putSlice(store: Store, index: number, pods: readonly number[]): void {
  put(
    store,
    sliceObject(`svc-${index}`, {
      service: `svc-${index}`,
      port: 8080,
      endpoints: pods.map((pod) => ({ address: podAddress(pod), node: 'node-1' })),
    }),
  );
}

/** `services` Services from number `first` on, with five endpoints each; a handful of Pods has all the addresses that are used. */
export function fill(store: Store, services: number, first: number = 1): void {
  put(store, nodeObject('node-1', ['10.0.0.11']));
  for (let pod = 0; pod < 16; pod += 1)
    put(store, podObject(`pod-${pod}`, { address: podAddress(pod), ports: [] }));
  for (let index = first; index < first + services; index += 1) {
    put(
      store,
      serviceObject(`svc-${index}`, {
        clusterIP: addressOf(index),
        clusterIPs: [addressOf(index)],
        ports: [{ port: 8080, protocol: 'TCP' }],
      }),
    );
    putSlice(store, index, [0, 1, 2, 3, 4]);
  }
}

export function createStore(): Store {
  return createLaxStore();
}

export interface ProxyWorld {
  readonly store: Store;
  readonly view: ReturnType<typeof createDatapathView>;
  readonly datapath: ReturnType<typeof createDatapath>;
}

/** Pods take connections in memory and say their address, nothing more. */
export function createWorld(store: Store): ProxyWorld {
  const view = createDatapathView(store, { plan: createAddressPlan() });
  const datapath = createDatapath({
    view,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    dialPod: async ({ destination }) => {
      const [client, server] = createDuplexPair();
      server.on('error', () => undefined);
      server.write(destination.address);
      return client;
    },
    associatePod: () => {
      throw new Error('no Pod here');
    },
  });
  return { store, view, datapath };
}

export function startBackend({ view, datapath }: ProxyWorld): UserspaceBackend {
  return createUserspaceBackend({
    view,
    connect: datapath.connect,
    associate: datapath.associate,
    clock: SYSTEM_CLOCK,
    log: SILENT,
    random: Math.random,
    health: createProxyHealth({ now: () => Date.now() }),
  });
}

/** A Service of the address `addressOf(index)` whose endpoint is a program of the host. */
export function putHostService(
  store: Store,
  {
    index,
    port,
    protocol,
    target,
  }: { index: number; port: number; protocol: string; target: number },
): void {
  put(
    store,
    serviceObject(`host-${index}`, {
      clusterIP: addressOf(index),
      clusterIPs: [addressOf(index)],
      ports: [{ port, protocol }],
    }),
  );
  put(
    store,
    sliceObject(`host-${index}`, {
      service: `host-${index}`,
      port: target,
      protocol,
      endpoints: [{ address: HOST }],
    }),
  );
}
