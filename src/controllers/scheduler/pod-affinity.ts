import type { Node, WeightedPodAffinityTerm } from '../../api/index.ts';
import type { NodeFilter, SchedulingContext } from './filters.ts';
import { isAbout, podTerm, type PodFacts, type PodTerm } from './pod-facts.ts';

/**
 * The filters for required affinity and anti-affinity between Pods, those of Pods that are already there included.
 *
 * @see kubernetes interpodaffinity/filtering.go
 */
export function podAffinityFilter(context: SchedulingContext): readonly NodeFilter[] {
  const filters: NodeFilter[] = [];
  const { pod } = context;
  if (pod.requiredAffinity.length > 0) filters.push(affinityFilter(context));
  for (const term of pod.requiredAntiAffinity) {
    const taken = domainsOf(context, term, (other) => isAbout(term, other, context.reader));
    filters.push(({ node }) =>
      taken.has(domainAt(node, term) ?? NOWHERE)
        ? { reason: "node(s) didn't match pod anti-affinity rules", isFinal: false }
        : undefined,
    );
  }
  const forbidden = forbiddenPlaces(context);
  if (forbidden.size > 0)
    filters.push(({ node }) =>
      isForbidden(node, forbidden)
        ? { reason: "node(s) didn't satisfy existing pods anti-affinity rules", isFinal: false }
        : undefined,
    );
  return filters;
}

/** How much a Node's neighbours draw the Pod, or push it away when negative. */
export function podAffinityScore(context: SchedulingContext): (node: Node) => number {
  const { affinity } = context.pod.pod.spec ?? {};
  const weighted = [
    ...preferences(
      context,
      affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
      1,
    ),
    ...preferences(
      context,
      affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
      -1,
    ),
  ];
  return (node) => {
    let score = 0;
    for (const { term, weight, counts } of weighted)
      score += weight * (counts.get(domainAt(node, term) ?? NOWHERE) ?? 0);
    return score;
  };
}

/** No value of a label. */
const NOWHERE = '\0';

function affinityFilter(context: SchedulingContext): NodeFilter {
  const { pod, reader } = context;
  const terms = pod.requiredAffinity;
  const matchesAll = (other: PodFacts): boolean =>
    terms.every((term) => isAbout(term, other, reader));
  const domains = terms.map((term) => ({ term, present: domainsOf(context, term, matchesAll) }));
  // The first Pod of a group that wants to be together may go anywhere.
  const isFirst = domains.every(({ present }) => present.size === 0) && matchesAll(pod);
  return ({ node }) => {
    const isMatched = domains.every(({ term, present }) => {
      const domain = domainAt(node, term);
      return domain !== undefined && (isFirst || present.has(domain));
    });
    return isMatched
      ? undefined
      : { reason: "node(s) didn't match pod affinity rules", isFinal: true };
  };
}

/** The domains in which a Pod lives that `matches`. */
function domainsOf(
  context: SchedulingContext,
  term: PodTerm,
  matches: (other: PodFacts) => boolean,
): ReadonlySet<string> {
  return new Set(countByDomain(context, term, matches).keys());
}

function countByDomain(
  context: SchedulingContext,
  term: PodTerm,
  matches: (other: PodFacts) => boolean,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const other of candidates(context, term)) {
    const node = context.cache.node(other.nodeName);
    const domain = node === undefined ? undefined : domainAt(node, term);
    if (domain !== undefined && matches(other)) counts.set(domain, (counts.get(domain) ?? 0) + 1);
  }
  return counts;
}

/** The Pods that a term can be about, without looking at their labels. */
function* candidates({ cache }: SchedulingContext, term: PodTerm): Iterable<PodFacts> {
  if (term.selectsNamespace !== undefined) {
    yield* cache.pods();
    return;
  }
  for (const namespace of term.namespaces) yield* cache.podsIn(namespace);
}

/** By topology key, the domains that Pods already there want for themselves. */
function forbiddenPlaces({
  pod,
  cache,
  reader,
}: SchedulingContext): ReadonlyMap<string, ReadonlySet<string>> {
  const places = new Map<string, Set<string>>();
  for (const other of cache.avoiding()) {
    const node = cache.node(other.nodeName);
    if (node === undefined) continue;
    for (const term of other.requiredAntiAffinity) {
      const domain = domainAt(node, term);
      if (domain === undefined || !isAbout(term, pod, reader)) continue;
      const domains = places.get(term.topologyKey) ?? new Set();
      places.set(term.topologyKey, domains.add(domain));
    }
  }
  return places;
}

function isForbidden(node: Node, places: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  for (const [key, domains] of places)
    if (domains.has(node.metadata.labels?.[key] ?? NOWHERE)) return true;
  return false;
}

interface Preference {
  readonly term: PodTerm;
  readonly weight: number;
  readonly counts: ReadonlyMap<string, number>;
}

function preferences(
  context: SchedulingContext,
  terms: readonly WeightedPodAffinityTerm[] = [],
  sign: 1 | -1,
): readonly Preference[] {
  return terms.map(({ weight, podAffinityTerm }) => {
    const term = podTerm(context.pod.pod, podAffinityTerm);
    const counts = countByDomain(context, term, (other) => isAbout(term, other, context.reader));
    return { term, weight: sign * weight, counts };
  });
}

function domainAt(node: Node, { topologyKey }: PodTerm): string | undefined {
  return node.metadata.labels?.[topologyKey];
}
