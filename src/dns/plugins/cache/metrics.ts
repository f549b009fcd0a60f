import type { Counter, Gauge, Metrics } from '../../metrics.ts';

/** What one server counts. */
export interface CacheCells {
  readonly requests: Counter;
  readonly hits: Readonly<Record<'success' | 'denial', Counter>>;
  readonly misses: Counter;
  readonly prefetches: Counter;
  readonly servedStale: Counter;
  evictions(kind: 'success' | 'denial'): Counter;
  readonly entries: Readonly<Record<'success' | 'denial', Gauge>>;
}

/** Cells for the address of a server, made once. */
export function createCacheCells(
  metrics: Metrics,
  { zones, view }: { readonly zones: readonly string[]; readonly view: string },
): (server: string) => CacheCells {
  const own = [zones.join(','), view];
  const plain = ['server', 'zones', 'view'];
  const typed = ['server', 'type', 'zones', 'view'];
  const counter = (name: string, help: string, labels: readonly string[]) =>
    metrics.counter({ name: `coredns_cache_${name}`, help, labels });
  const requests = counter('requests_total', 'The count of cache requests.', plain);
  const hits = counter('hits_total', 'The count of cache hits.', typed);
  const misses = counter('misses_total', 'The count of cache misses.', plain);
  const prefetches = counter('prefetch_total', 'Answers asked for before their time.', plain);
  const stale = counter('served_stale_total', 'Answers served after their time.', plain);
  const evictions = counter('evictions_total', 'Answers dropped for want of room.', typed);
  counter('drops_total', 'Answers that fit no question.', plain);
  const entries = metrics.gauge({
    name: 'coredns_cache_entries',
    help: 'The number of elements in the cache.',
    labels: typed,
  });
  const known = new Map<string, CacheCells>();
  return (server) => {
    const cells = known.get(server) ?? {
      requests: requests.with(server, ...own),
      hits: {
        success: hits.with(server, 'success', ...own),
        denial: hits.with(server, 'denial', ...own),
      },
      misses: misses.with(server, ...own),
      prefetches: prefetches.with(server, ...own),
      servedStale: stale.with(server, ...own),
      evictions: (kind) => evictions.with(server, kind, ...own),
      entries: {
        success: entries.with(server, 'success', ...own),
        denial: entries.with(server, 'denial', ...own),
      },
    };
    known.set(server, cells);
    return cells;
  };
}
