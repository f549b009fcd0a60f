import { parseIp, type Ip, type IpFamily } from '../net/index.ts';
import { IpamError } from './ipam-error.ts';
import {
  hasClusterIP,
  internalError,
  invalidField,
  invalidService,
  isHeadless,
  type ServiceDraft,
} from './service-draft.ts';
import { isUnchangedPreferDual } from './service-families.ts';
import type { ServiceIps } from './service-ips.ts';
import type { Transaction } from './transaction.ts';

/** What one write allocates with. */
export interface ClusterIPContext {
  readonly draft: ServiceDraft;
  readonly ips: ServiceIps;
  readonly transaction: Transaction;
  readonly isDryRun: boolean;
}

/**
 * Takes the cluster IPs that a Service needs and does not have, and lets those go that it needs no more.
 *
 * @throws ApiError Invalid for an address that cannot be had, InternalError for a full range.
 * @see kubernetes pkg/registry/core/service/storage/alloc.go, `updateClusterIPs`
 */
export function allocateClusterIPs(context: ClusterIPContext): void {
  const { spec, old } = context.draft;
  if (isUnchangedPreferDual(context.draft)) return;
  if (old === undefined || !hasClusterIP(old)) {
    if (hasClusterIP(spec) && !isHeadless(spec)) allocateFrom(context, 0);
    return;
  }
  if (!isHeadless(old)) updateFrom(context, old.clusterIPs ?? []);
}

/** Another type, another number of families: takes what is missing, lets go what is too much. */
function updateFrom(context: ClusterIPContext, before: readonly string[]): void {
  const { spec } = context.draft;
  const count = hasClusterIP(spec) ? (spec.ipFamilies?.length ?? 0) : 0;
  if (count > before.length) allocateFrom(context, before.length);
  if (count < before.length) releaseAfterwards(context, before.slice(count));
}

/** Fills in the addresses of `ipFamilies` from position `start` on. */
function allocateFrom(context: ClusterIPContext, start: number): void {
  const { spec } = context.draft;
  const clusterIPs = [...(spec.clusterIPs ?? [])];
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (index < start) continue;
    const requested = clusterIPs[index] ?? '';
    clusterIPs[index] =
      requested === '' ? allocateFree(context, family) : allocateRequested(context, requested);
  }
  spec.clusterIPs = clusterIPs;
  const [first] = clusterIPs;
  if (first !== undefined) spec.clusterIP = first;
}

function allocateFree(
  { draft, ips, transaction, isDryRun }: ClusterIPContext,
  name: string,
): string {
  const family: IpFamily = name === 'IPv6' ? 'IPv6' : 'IPv4';
  const standIn = isDryRun ? ips.standIn(family) : undefined;
  if (standIn !== undefined) return standIn.text;
  try {
    const ip = ips.allocateNext(family, draft.owner);
    if (isDryRun) ips.release(ip, draft.owner);
    else transaction.took(() => ips.release(ip, draft.owner));
    return ip.text;
  } catch (error) {
    if (!(error instanceof IpamError)) throw error;
    throw internalError(
      `failed to allocate a serviceIP for Service ${JSON.stringify(draft.name)}: ${error.message}`,
    );
  }
}

function allocateRequested(context: ClusterIPContext, text: string): string {
  const { draft, ips, transaction, isDryRun } = context;
  const ip = parseIp(text);
  // Malformed addresses are left to validation.
  if (ip === undefined) return text;
  try {
    ips.check(ip);
  } catch (error) {
    if (!(error instanceof IpamError)) throw error;
    const detail = `failed to allocate IP ${text}: ${error.message}`;
    throw invalidService(draft.name, [
      invalidField('spec.clusterIPs', draft.spec.clusterIPs, detail),
    ]);
  }
  if (!isDryRun) {
    ips.keep(ip, draft.owner);
    transaction.took(() => ips.release(ip, draft.owner));
  }
  return text;
}

function releaseAfterwards(
  { draft, ips, transaction, isDryRun }: ClusterIPContext,
  texts: readonly string[],
): void {
  if (isDryRun) return;
  const gone = texts.map(parseIp).filter((ip): ip is Ip => ip !== undefined);
  transaction.afterwards(() => {
    for (const ip of gone) ips.release(ip, draft.owner);
  });
}
