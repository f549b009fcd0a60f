import { readdirSync } from 'node:fs';
import { openFilesLimit } from '../../net/index.ts';

/** What every Prometheus client tells of its process; all of podlane is one. */
export function renderProcessMetrics(): string {
  const { user, system } = process.cpuUsage();
  const open = countOpenFiles();
  const limit = openFilesLimit();
  const rows: readonly (readonly [string, string, number | undefined, string])[] = [
    ['cpu_seconds_total', 'counter', (user + system) / 1e6, 'User and system CPU time, in seconds'],
    ['resident_memory_bytes', 'gauge', process.memoryUsage.rss(), 'Resident memory'],
    ['start_time_seconds', 'gauge', performance.timeOrigin / 1000, 'Start, in seconds since 1970'],
    ['open_fds', 'gauge', open, 'Open file descriptors'],
    ['max_fds', 'gauge', Number.isFinite(limit) ? limit : undefined, 'Most file descriptors'],
  ];
  return rows
    .flatMap(([name, type, value, help]) =>
      value === undefined
        ? []
        : [
            `# HELP process_${name} ${help}.`,
            `# TYPE process_${name} ${type}`,
            `process_${name} ${value}`,
          ],
    )
    .join('\n')
    .concat('\n');
}

function countOpenFiles(): number | undefined {
  try {
    // One of them is that of the folder itself.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined; // not Linux
  }
}
