/** An address and a port of this host. */
export interface LoopbackPlace {
  readonly address: string;
  readonly port: number;
}

/** Where the stand-in of a taken port is; the same on every run. */
const STAND_IN = 20_000;
const LAST_PORT = 65_535;

/**
 * Where `[HOST]:PORT` of a Corefile is served: every address of a server is a loopback one here.
 *
 * @returns undefined for what is no such text.
 */
export function parsePlace(text: string): LoopbackPlace | undefined {
  const [, bracketed, plain, port = ''] =
    /^(?:\[([\da-f:.]*)\]|([^:]*)):(\d{1,5})$/i.exec(text) ?? [];
  if (port === '' || Number(port) > LAST_PORT) return undefined;
  return { address: loopbackOf(bracketed ?? plain ?? ''), port: Number(port) };
}

/** 127.x and ::1 as they are, 127.0.0.1 for any other address of a server. */
export function loopbackOf(host: string): string {
  return host === '::1' || /^127(\.\d{1,3}){3}$/.test(host) ? host : '127.0.0.1';
}

/** The port to try where `port` is taken; undefined for none. */
export function standInFor(port: number): number | undefined {
  const other = port + STAND_IN;
  return port === 0 || other > LAST_PORT ? undefined : other;
}
