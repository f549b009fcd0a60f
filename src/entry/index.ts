/** SOCKS5 and HTTP proxying: lets a program of the host act as a Pod. */
export { serveEntry, type Entry, type EntryOptions } from './server.ts';
export type { Dialled, EntryDial, EntryTarget } from './target.ts';
