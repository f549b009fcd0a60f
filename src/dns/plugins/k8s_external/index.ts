/** Services under the names by which the outside world knows them. */
import { failure, type Answer } from '../../answer.ts';
import type { Plugin, Resolve } from '../../chain.ts';
import { CorefileError, type PluginDefinition } from '../../corefile/index.ts';
import { isInZone, zoneOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import { addressOfReverse } from '../../reverse-name.ts';
import { RCODE, TYPE } from '../../wire/index.ts';
import { kubernetesOf, type Kubernetes } from '../kubernetes/external.ts';
import { apexAnswer, nameServerAnswer, negativeAnswer } from './apex.ts';
import { findExternal, type ExternalTarget } from './find-external.ts';
import { readExternal, type ExternalOptions } from './options.ts';
import { targetAnswer } from './target-answer.ts';
import { transferExternal } from './transfer.ts';
import { headOf, type ExternalLookup } from './lookup.ts';

/** `k8s_external [ZONES…] { apex LABEL | ttl SECONDS | headless | fallthrough [ZONES…] }` */
export const k8sExternal: PluginDefinition = {
  name: 'k8s_external',
  setup: (directives, { zones, peer, resolve, block }) => {
    const options = readExternal(directives, zones);
    const [directive] = directives;
    if (directive !== undefined && !block.directives.some(({ name }) => name === 'kubernetes'))
      throw new CorefileError('kubernetes plugin not loaded', directive.position);
    const running = (): Kubernetes | undefined => kubernetesOf(peer('kubernetes'));
    return {
      plugin: createPlugin(options, running, resolve),
      transfer: (zone) => {
        const kubernetes = running();
        if (kubernetes === undefined || !options.zones.includes(zone)) return undefined;
        return transferExternal(zone, { options, kubernetes });
      },
    };
  },
};

function createPlugin(
  options: ExternalOptions,
  running: () => Kubernetes | undefined,
  resolve: Resolve,
): Plugin {
  return (query, next) => {
    const zone = zoneOf(query.qname, options.zones);
    if (zone === undefined) return next(query);
    const kubernetes = running();
    if (kubernetes === undefined) return failure(RCODE.SERVFAIL);
    const lookup: ExternalLookup = { query, zone, options, kubernetes, resolve };
    if (query.qname === zone) return apexAnswer(lookup);
    if (isInZone(query.qname, `${options.apex}.${zone}`)) return nameServerAnswer(lookup);
    if (query.qtype === TYPE.PTR) {
      const answer = reverseAnswer(lookup);
      if (answer !== undefined) return answer;
    }
    const base = query.qname.slice(0, query.qname.length - zone.length);
    const { isHeadless } = options;
    const targets = findExternal(base, { records: kubernetes.records, isHeadless });
    return targets === undefined ? missing(lookup, next) : targetsAnswer(query, targets, lookup);
  };
}

function targetsAnswer(
  query: Query,
  targets: readonly ExternalTarget[],
  lookup: ExternalLookup,
): ReturnType<Resolve> {
  const isAnswered = [TYPE.A, TYPE.AAAA, TYPE.SRV].some((type) => type === query.qtype);
  return targets.length === 0 || !isAnswered
    ? negativeAnswer(lookup, RCODE.NOERROR)
    : targetAnswer(targets, lookup);
}

function missing(lookup: ExternalLookup, next: Resolve): ReturnType<Resolve> {
  const { query, options } = lookup;
  const goesOn = zoneOf(query.qname, options.fallthrough) !== undefined;
  return goesOn ? next(query) : negativeAnswer(lookup, RCODE.NXDOMAIN);
}

/** Names of the Services at an address, under the first zone; undefined for what is no reverse name. */
function reverseAnswer(lookup: ExternalLookup): Answer | undefined {
  const { query, options, kubernetes } = lookup;
  const address = addressOfReverse(query.qname);
  if (address === undefined) return undefined;
  const { records, settings } = kubernetes;
  const services = records
    .servicesOutsideAt(address)
    .filter(
      ({ namespace }) => settings.namespaces === undefined || records.hasNamespace(namespace),
    );
  if (services.length === 0) return negativeAnswer(lookup, RCODE.NXDOMAIN);
  const [first = '.'] = options.zones;
  const answers = services.map(({ name, namespace }) => ({
    ...headOf(query.name, TYPE.PTR, options.ttl),
    rdata: { kind: 'name' as const, target: `${name}.${namespace}.${first === '.' ? '' : first}` },
  }));
  return { rcode: RCODE.NOERROR, isAuthoritative: true, answers, authority: [], additional: [] };
}
