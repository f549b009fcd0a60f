import type { Resolve } from '../../chain.ts';
import type { Query } from '../../query.ts';
import { CLASS, type ResourceRecord } from '../../wire/index.ts';
import type { Kubernetes } from '../kubernetes/external.ts';
import type { ExternalOptions } from './options.ts';

/** One query in one outside zone. */
export interface ExternalLookup {
  readonly query: Query;
  readonly zone: string;
  readonly options: ExternalOptions;
  readonly kubernetes: Kubernetes;
  /** The whole server, for names of load balancers. */
  readonly resolve: Resolve;
}

/** A record without its data. */
export function headOf(name: string, type: number, ttl: number): Omit<ResourceRecord, 'rdata'> {
  return { name, type, class: CLASS.IN, ttl };
}
