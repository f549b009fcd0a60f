import type { Workload } from '../../workload.ts';

/** Runs, listens on nothing, and ends at SIGTERM. */
export function createPauseWorkload(): Workload {
  return {
    name: 'pause',
    images: ['pause', 'pause-amd64', 'google_containers/pause'],
    serve: () => ({ tcp: [], udp: [] }),
  };
}
