/** Answers made from patterns and templates. */
import { failure, type Answer } from '../../answer.ts';
import { onAnswer, type Resolve } from '../../chain.ts';
import type { PluginDefinition } from '../../corefile/index.ts';
import { GoTemplateError, type GoTemplate } from '../../go-template/index.ts';
import { lookUp } from '../../look-up.ts';
import { zoneOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import { EDNS_OPTION, RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';
import { parseRecord, ZoneFileError } from '../../zone-file/index.ts';
import { matchStanza, type Match } from './match.ts';
import { createTemplateMetrics, type TemplateMetrics } from './metrics.ts';
import { readStanza, type Section, type Stanza } from './stanza.ts';

/** `template CLASS TYPE [ZONES…] { match … | answer … | … }` */
export const template: PluginDefinition = {
  name: 'template',
  setup: (directives, { zones, resolve, environment }) => {
    const stanzas = directives.map((directive) => readStanza(directive, zones));
    const served = stanzas.flatMap((stanza) => stanza.zones);
    const metrics = createTemplateMetrics(environment.metrics);
    return {
      plugin: (query, next) => {
        if (zoneOf(query.qname, served) === undefined) return next(query);
        for (const stanza of stanzas) {
          const match = matchStanza(query, stanza);
          if (match === 'failed') return failure(RCODE.SERVFAIL);
          if (match !== 'passed') return answer(match, { metrics, resolve });
        }
        return next(query);
      },
    };
  },
};

interface AnswerContext {
  readonly metrics: TemplateMetrics;
  readonly resolve: Resolve;
}

function answer(match: Match, { metrics, resolve }: AnswerContext): ReturnType<Resolve> {
  const { stanza, query } = match;
  metrics.matched(query, match.zone, match.root);
  if (stanza.rcode === RCODE.SERVFAIL) return failure(RCODE.SERVFAIL);
  try {
    const { ede } = stanza;
    const found: Answer = {
      rcode: stanza.rcode,
      isAuthoritative: true,
      answers: fill('answer', match, metrics),
      additional: fill('additional', match, metrics),
      authority: fill('authority', match, metrics),
      ...(ede === undefined ? {} : { ednsOptions: [edeOption(ede)], ownEdns: EDE_EDNS }),
    };
    return followAliases(found, query, resolve);
  } catch (error) {
    if (!(error instanceof GoTemplateError || error instanceof ZoneFileError)) throw error;
    return { ...failure(RCODE.SERVFAIL), error: error.message };
  }
}

function fill(section: Section, match: Match, metrics: TemplateMetrics): readonly ResourceRecord[] {
  return match.stanza.records[section].map((source: GoTemplate) => {
    try {
      return parseRecord(source.render(match.root));
    } catch (error) {
      metrics.failed({ ...match, section, source: source.source, error });
      throw error;
    }
  });
}

/** What aliases lead to stands right behind them, for addresses. */
function followAliases(found: Answer, query: Query, resolve: Resolve): ReturnType<Resolve> {
  const isAddress = query.qtype === TYPE.A || query.qtype === TYPE.AAAA;
  if (!isAddress) return found;
  const follow = (index: number, so: Answer): ReturnType<Resolve> => {
    const record = found.answers[index];
    if (record === undefined) return so;
    const here = { ...so, answers: [...so.answers, record] };
    const { rdata, type } = record;
    if (type !== TYPE.CNAME || rdata.kind !== 'name') return follow(index + 1, here);
    return onAnswer(lookUp(resolve, query, { name: rdata.target, type: query.qtype }), (next) =>
      follow(index + 1, {
        ...here,
        answers: [...here.answers, ...(next?.answers ?? [])],
        isTruncated: next?.isTruncated ?? here.isTruncated ?? false,
      }),
    );
  };
  return follow(0, { ...found, answers: [] });
}

/** As CoreDNS makes it, asked or not. */
const EDE_EDNS = { udpSize: 4096, isDnssecOk: true } as const;

function edeOption({ code, text }: NonNullable<Stanza['ede']>): { code: number; data: Buffer } {
  const data = Buffer.alloc(2 + Buffer.byteLength(text));
  data.writeUInt16BE(code);
  data.write(text, 2);
  return { code: EDNS_OPTION.EDE, data };
}
