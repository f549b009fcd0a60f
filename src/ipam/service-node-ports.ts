import type { ServicePort } from '../api/index.ts';
import { IpamError } from './ipam-error.ts';
import type { NodePorts } from './node-ports.ts';
import { preferenceOf } from './preference.ts';
import {
  hasHealthCheck,
  hasNodePorts,
  internalError,
  invalidField,
  invalidService,
  nodePortOf,
  nodePortsOf,
  type ServiceDraft,
} from './service-draft.ts';
import { ApiError } from '../api/index.ts';
import type { Transaction } from './transaction.ts';

/** Upstream's dry run counts up from here for ports that it would choose. */
const DRY_RUN_PORT = 32_768;

/** One write's dealings with the node ports: taken at once, given up after the write, and nothing at all in a dry run. */
export class NodePortOperation {
  readonly #ports: NodePorts;
  readonly #transaction: Transaction;
  readonly #isDryRun: boolean;
  readonly #taken: number[] = [];

  constructor(ports: NodePorts, transaction: Transaction, isDryRun: boolean) {
    this.#ports = ports;
    this.#transaction = transaction;
    this.#isDryRun = isDryRun;
  }

  /** @throws IpamError */
  allocate(port: number): void {
    this.#ports.check(port);
    if (this.#taken.includes(port))
      throw new IpamError('ERR_IPAM_TAKEN', 'provided port is already allocated');
    if (!this.#isDryRun) this.#ports.allocate(port);
    this.#took(port);
  }

  /** @throws IpamError */
  allocateNext(preference: bigint): number {
    const port = this.#isDryRun
      ? Math.max(DRY_RUN_PORT, ...this.#taken) + 1
      : this.#ports.allocateNext(preference);
    this.#took(port);
    return port;
  }

  releaseAfterwards(port: number): void {
    if (!this.#isDryRun) this.#transaction.afterwards(() => this.#ports.release(port));
  }

  #took(port: number): void {
    this.#taken.push(port);
    if (!this.#isDryRun) this.#transaction.took(() => this.#ports.release(port));
  }
}

/** What one write allocates with. */
export interface NodePortContext {
  readonly draft: ServiceDraft;
  readonly operation: NodePortOperation;
  readonly seed: number;
}

/**
 * Takes the node ports that a Service needs and does not have, and lets those go that it needs no more.
 *
 * @throws ApiError Invalid for a port that cannot be had, InternalError for a full range or a taken health-check port.
 * @see kubernetes pkg/registry/core/service/storage/alloc.go, `initNodePorts`, `updateNodePorts`
 */
export function allocateNodePorts(context: NodePortContext): void {
  const { draft, operation } = context;
  const { spec, old } = draft;
  const before = old === undefined ? [] : nodePortsOf(old);
  if (old !== undefined && hasNodePorts(old) && !hasNodePorts(spec))
    for (const port of before) operation.releaseAfterwards(port);
  if (hasNodePorts(spec)) {
    if (old === undefined) createPorts(context);
    else updatePorts(context, before);
  }
  allocateHealthCheck(context);
}

function createPorts(context: NodePortContext): void {
  const { draft } = context;
  const byPort = new Map<number, number>();
  const requests = draft.spec.ports ?? [];
  draft.spec.ports = requests.map((port, index) => {
    const own = nodePortOf(port);
    if (own === 0 && !isAutomatic(draft)) return port;
    const shared = byPort.get(port.port);
    if (shared !== undefined) {
      if (own !== 0 && own !== shared) takeRequested(context, own, index);
      return { ...port, nodePort: own === 0 ? shared : own };
    }
    // A later entry for the same port with another protocol may name the node port for both.
    const requested = nodePortOf(
      requests.find((other) => other.port === port.port && nodePortOf(other) !== 0) ?? port,
    );
    const nodePort = requested === 0 ? takeFree(context, port) : requested;
    if (requested !== 0) takeRequested(context, requested, index);
    byPort.set(port.port, nodePort);
    return { ...port, nodePort };
  });
}

function updatePorts(context: NodePortContext, before: readonly number[]): void {
  const { draft, operation } = context;
  const taken = new Set<number>();
  const pairs = new Set<string>();
  draft.spec.ports = (draft.spec.ports ?? []).map((port, index) => {
    const own = nodePortOf(port);
    if (own === 0 && !isAutomatic(draft)) return port;
    const nodePort = own === 0 ? takeFree(context, port) : own;
    if (own !== 0 && !before.includes(own) && !taken.has(own)) {
      takeRequested(context, own, index);
      taken.add(own);
    }
    const pair = `{${port.protocol ?? 'TCP'} ${nodePort}}`;
    if (pairs.has(pair)) throw new ApiError('InternalError', `duplicate nodePort: ${pair}`);
    pairs.add(pair);
    return { ...port, nodePort };
  });
  const after = nodePortsOf(draft.spec);
  for (const port of new Set(before)) if (!after.includes(port)) operation.releaseAfterwards(port);
}

function isAutomatic({ spec }: ServiceDraft): boolean {
  return spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false;
}

function takeRequested({ draft, operation }: NodePortContext, port: number, index: number): void {
  try {
    operation.allocate(port);
  } catch (error) {
    if (!(error instanceof IpamError)) throw error;
    throw invalidService(draft.name, [
      invalidField(`spec.ports[${index}].nodePort`, port, error.message),
    ]);
  }
}

function takeFree({ draft, operation, seed }: NodePortContext, port: ServicePort): number {
  const key = `${draft.owner} ${port.name ?? ''} ${port.port}`;
  try {
    return operation.allocateNext(preferenceOf(seed, key));
  } catch (error) {
    if (!(error instanceof IpamError)) throw error;
    throw internalError(`failed to allocate a nodePort: ${error.message}`);
  }
}

function allocateHealthCheck(context: NodePortContext): void {
  const { draft, operation } = context;
  const { spec, old = {} } = draft;
  const before = hasHealthCheck(old) ? (old.healthCheckNodePort ?? 0) : 0;
  if (!hasHealthCheck(spec)) {
    if (before !== 0) operation.releaseAfterwards(before);
    return;
  }
  // Another one than before is refused where the Service is validated.
  if (before === 0) takeHealthCheck(context);
}

function takeHealthCheck({ draft, operation, seed }: NodePortContext): void {
  const { spec, owner } = draft;
  const requested = spec.healthCheckNodePort ?? 0;
  const what =
    requested === 0 ? 'a HealthCheck NodePort 0' : `requested HealthCheck NodePort ${requested}`;
  try {
    if (requested !== 0) operation.allocate(requested);
    else
      spec.healthCheckNodePort = operation.allocateNext(
        preferenceOf(seed, `${owner} healthCheckNodePort`),
      );
  } catch (error) {
    if (!(error instanceof IpamError)) throw error;
    throw internalError(`failed to allocate ${what}: ${error.message}`);
  }
}
