/** Threads that answer datagrams beside the main one: from finished answers, and by asking it. */
export { startWorkers, type Workers, type WorkersOptions } from './workers.ts';
