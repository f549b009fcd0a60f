import type { Node } from '../../api/index.ts';
import { IpamError, PodCidrs, type PodCidrsOptions } from '../../ipam/index.ts';
import { update, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

const RETRY_MS = 5_000;

/**
 * Gives every Node its `spec.podCIDRs`, one prefix a family, in order from the bottom and next-fit after that.
 *
 * It remembers what each Node holds and where it will go on; at its first reconcile it takes over what Nodes bring, as
 * upstream does at start.
 *
 * @throws IpamError `ERR_IPAM_CONFIG` for ranges that make no sense.
 * @see kubernetes pkg/controller/nodeipam/ipam/range_allocator.go
 */
export function createNodeIpamController(options: PodCidrsOptions): Controller {
  const allocator = new NodeRanges(new PodCidrs(options));
  return {
    name: 'node-ipam-controller',
    eventSource: 'cidrAllocator',
    // Pods are bound in the same round, and have no address on a Node without a range.
    keysARound: Infinity,
    watches: [watchKind('Node', ({ metadata }) => [metadata.name])],
    reconcile: (name, snapshot) => allocator.reconcile(name, snapshot),
  };
}

class NodeRanges {
  readonly #cidrs: PodCidrs;
  readonly #held = new Map<string, readonly string[]>();
  #hasStarted = false;

  constructor(cidrs: PodCidrs) {
    this.#cidrs = cidrs;
  }

  reconcile(name: string, snapshot: Snapshot): readonly Change[] {
    this.#start(snapshot);
    const node = snapshot.get('Node', undefined, name);
    if (node === undefined) {
      this.#cidrs.release(this.#held.get(name) ?? []);
      this.#held.delete(name);
      return [];
    }
    return rangesOf(node).length > 0 ? this.#keep(node) : this.#assign(node);
  }

  #start(snapshot: Snapshot): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    for (const node of snapshot.list('Node')) if (rangesOf(node).length > 0) this.#keep(node);
  }

  /** Takes over the ranges that a Node brings. */
  #keep(node: Node): readonly Change[] {
    const { name } = node.metadata;
    const ranges = rangesOf(node);
    const held = this.#held.get(name) ?? [];
    if (held.join() === ranges.join()) return [];
    try {
      this.#cidrs.occupy(ranges);
    } catch (error) {
      if (!(error instanceof IpamError)) throw error;
      return [{ kind: 'fail', because: `node ${name}: ${error.message}` }];
    }
    this.#cidrs.release(held.filter((range) => !ranges.includes(range)));
    this.#held.set(name, ranges);
    return [];
  }

  #assign(node: Node): readonly Change[] {
    const { name } = node.metadata;
    try {
      // A write that failed before is tried again with the same ranges.
      const ranges = this.#held.get(name) ?? this.#cidrs.allocateNext();
      this.#held.set(name, ranges);
      const [podCIDR = ''] = ranges;
      return [update({ ...node, spec: { ...node.spec, podCIDR, podCIDRs: ranges } })];
    } catch (error) {
      if (!(error instanceof IpamError)) throw error;
      return [
        {
          kind: 'event',
          event: {
            about: { kind: 'Node', name },
            type: 'Normal',
            reason: 'CIDRNotAvailable',
            message: `Node ${name} status is now: CIDRNotAvailable`,
          },
        },
        { kind: 'requeue', afterMs: RETRY_MS },
      ];
    }
  }
}

function rangesOf({ spec }: Node): readonly string[] {
  const { podCIDR, podCIDRs } = spec ?? {};
  if (podCIDRs !== undefined && podCIDRs.length > 0) return podCIDRs;
  return podCIDR === undefined || podCIDR === '' ? [] : [podCIDR];
}
