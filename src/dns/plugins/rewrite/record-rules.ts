import type { Rdata, ResourceRecord } from '../../wire/index.ts';
import type { ResponseRule } from './rule.ts';

/** A name, written anew or as it was. */
export type StringRewriter = (text: string) => string;

/** Changes the owner of records. */
export function nameRule(rewrite: StringRewriter): ResponseRule {
  return { kind: 'record', change: (record) => ({ ...record, name: rewrite(record.name) }) };
}

/** Changes the name that records point to. */
export function valueRule(rewrite: StringRewriter): ResponseRule {
  return {
    kind: 'record',
    change: (record): ResourceRecord => ({ ...record, rdata: withTarget(record.rdata, rewrite) }),
  };
}

/** Changes both. */
export function nameAndValue(rewrite: StringRewriter): readonly ResponseRule[] {
  return [nameRule(rewrite), valueRule(rewrite)];
}

/** Brings TTLs into a range. */
export function ttlRule(min: number, max: number): ResponseRule {
  return {
    kind: 'record',
    change: (record) => ({ ...record, ttl: Math.min(Math.max(record.ttl, min), max) }),
  };
}

function withTarget(rdata: Rdata, rewrite: StringRewriter): Rdata {
  switch (rdata.kind) {
    case 'name':
    case 'srv':
      return { ...rdata, target: rewrite(rdata.target) };
    case 'mx':
      return { ...rdata, exchange: rewrite(rdata.exchange) };
    case 'soa':
      return { ...rdata, soa: { ...rdata.soa, mname: rewrite(rdata.soa.mname) } };
    case 'address':
    case 'strings':
    case 'caa':
    case 'opaque':
      return rdata;
    default:
      return rdata satisfies never;
  }
}
