/** Zones for secondaries, and word to them when zones change. */
import { parseIp } from '../../../net/index.ts';
import { failure, type Answer } from '../../answer.ts';
import type { Plugin, Resolve } from '../../chain.ts';
import {
  argsOf,
  CorefileError,
  readOptions,
  type Directive,
  type PluginDefinition,
  type SetupContext,
} from '../../corefile/index.ts';
import { isInZone } from '../../names.ts';
import type { Query } from '../../query.ts';
import { RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';
import { zonesOf } from '../../zones.ts';
import { parseUpstream, type Upstream } from '../forward/index.ts';
import { sendNotify } from './notify.ts';

/** One `transfer` of a Corefile. */
interface Stanza {
  readonly zones: readonly string[];
  /** `*` is everybody. */
  readonly to: readonly (Upstream | '*')[];
}

/** `transfer [ZONES…] { to *|ADDRESS… }` */
export const transfer: PluginDefinition = {
  name: 'transfer',
  setup: (directives, context) => {
    const stanzas = directives.map((directive) => readStanza(directive, context.zones));
    return {
      plugin: createPlugin(stanzas, context),
      notify: (zone) => {
        const { clock, random, log } = context.environment;
        for (const upstream of longestMatch(stanzas, zone)?.to ?? [])
          if (upstream !== '*') sendNotify({ zone, upstream, clock, random, log });
      },
    };
  },
};

function readStanza(directive: Directive, blockZones: readonly string[]): Stanza {
  const to: (Upstream | '*')[] = [];
  readOptions(directive, {
    to: (option) => {
      for (const text of argsOf(option, 1, Infinity)) to.push(readTarget(text, option));
    },
    source: (option) => {
      const [address = ''] = argsOf(option, 1);
      if (parseIp(address) === undefined)
        throw new CorefileError(`invalid source address "${address}"`, option.position);
    },
  });
  if (to.length === 0) throw new CorefileError("'to' is required", directive.position);
  const { args } = directive;
  return { zones: args.length === 0 ? blockZones : args.flatMap(zonesOf), to };
}

function readTarget(text: string, { position }: Directive): Upstream | '*' {
  if (text === '*') return '*';
  const upstream = parseUpstream(text);
  if (upstream === undefined) throw new CorefileError(`not an IP address: "${text}"`, position);
  return upstream;
}

/** The stanza of the longest zone that `name` is in; of equals the first. */
function longestMatch(stanzas: readonly Stanza[], name: string): Stanza | undefined {
  let longest: { readonly zone: string; readonly stanza: Stanza } | undefined;
  for (const stanza of stanzas)
    for (const zone of stanza.zones)
      if (isInZone(name, zone) && zone.length > (longest?.zone.length ?? 0))
        longest = { zone, stanza };
  return longest?.stanza;
}

function createPlugin(stanzas: readonly Stanza[], context: SetupContext): Plugin {
  return (query, next) => {
    if (query.qtype !== TYPE.AXFR && query.qtype !== TYPE.IXFR) return next(query);
    if (query.client.transport === 'udp') return failure(RCODE.REFUSED);
    const stanza = longestMatch(stanzas, query.qname);
    if (stanza === undefined) return next(query);
    if (!isAllowed(query, stanza)) {
      const { isBare: _, ...refusal } = failure(RCODE.REFUSED);
      return refusal;
    }
    return transferZone(query, next, context);
  };
}

function isAllowed({ client }: Query, { to }: Stanza): boolean {
  return to.some((target) => target === '*' || target.address === client.address);
}

function transferZone(query: Query, next: Resolve, { peers }: SetupContext): ReturnType<Resolve> {
  const serial = query.qtype === TYPE.IXFR ? serialOf(query.authority) : undefined;
  if (query.qtype === TYPE.IXFR && serial === undefined) return failure(RCODE.SERVFAIL);
  for (const [, instance] of peers()) {
    const records = instance.transfer?.(query.qname);
    const [soa] = records ?? [];
    if (records === undefined || soa === undefined) continue;
    const isCurrent = serial !== undefined && serial === serialOf([soa]);
    return answerOf(isCurrent ? [soa] : records);
  }
  return next(query);
}

function answerOf(answers: readonly ResourceRecord[]): Answer {
  return {
    rcode: RCODE.NOERROR,
    isAuthoritative: answers.length > 1,
    isTransfer: true,
    answers,
    authority: [],
    additional: [],
  };
}

/** Of the only record, if it is a SOA record. */
function serialOf([record, another]: readonly ResourceRecord[]): number | undefined {
  if (another !== undefined || record?.rdata.kind !== 'soa') return undefined;
  return record.rdata.soa.serial;
}
