import { argsOf, CorefileError, readOptions, type Directive } from '../../corefile/index.ts';
import { readRegExp } from '../../corefile/read-reg-exp.ts';
import type { GoRegExp } from '../../go-regexp/index.ts';
import { compileGoTemplate, GoTemplateError, type GoTemplate } from '../../go-template/index.ts';
import { CLASS, classOf, RCODE, typeOf } from '../../wire/index.ts';
import { zonesOf } from '../../zones.ts';
import {
  compileExpression,
  ExpressionError,
  QUERY_FUNCTIONS,
  type Expression,
} from '../view/expressions.ts';

/** Sections that templates write. */
export type Section = 'answer' | 'additional' | 'authority';

/** One `template` of a Corefile. */
export interface Stanza {
  readonly class: number;
  readonly type: number;
  readonly zones: readonly string[];
  /** One has to match. */
  readonly patterns: readonly GoRegExp[];
  /** All have to hold. */
  readonly conditions: readonly Expression[];
  readonly records: Readonly<Record<Section, readonly GoTemplate[]>>;
  readonly rcode: number;
  /** Extended DNS error. */
  readonly ede: { readonly code: number; readonly text: string } | undefined;
  /** Zones in which names that do not match go on. */
  readonly fallthrough: readonly string[];
}

/** What templates may name. */
export const TEMPLATE_FIELDS: readonly string[] = [
  'Zone',
  'Name',
  'Regex',
  'Match',
  'Group',
  'Class',
  'Type',
  'Message',
  'Question',
  'Remote',
  'Meta',
];
/** What conditions may call besides the facts of the query. */
const GROUP = 'group';

/** @throws CorefileError */
export function readStanza(directive: Directive, blockZones: readonly string[]): Stanza {
  const [className = '', typeName = '', ...zones] = argsOf(directive, 2, Infinity);
  const class_ = className === 'ANY' ? CLASS.ANY : strict(className, classOf);
  if (class_ === undefined)
    throw new CorefileError(`invalid query class ${className}`, directive.position);
  const type = strict(typeName, typeOf);
  if (type === undefined)
    throw new CorefileError(`invalid RR class ${typeName}`, directive.position);
  const patterns: GoRegExp[] = [];
  const conditions: Expression[] = [];
  const records: Record<Section, GoTemplate[]> = { answer: [], additional: [], authority: [] };
  let rcode: number = RCODE.NOERROR;
  let ede: Stanza['ede'];
  let fallthrough: readonly string[] = [];
  const section =
    (name: Section) =>
    (option: Directive): void => {
      for (const text of argsOf(option, 1, Infinity)) records[name].push(compile(text, option));
    };
  readOptions(directive, {
    match: (option) => {
      for (const text of argsOf(option, 1, Infinity)) patterns.push(readRegExp(text, option));
    },
    answer: section('answer'),
    additional: section('additional'),
    authority: section('authority'),
    expr: (option) => conditions.push(readCondition(option)),
    var: (option) => {
      throw new CorefileError('template variables are not supported here', option.position, {
        hint: 'Write the expression out in each `expr`.',
      });
    },
    rcode: (option) => {
      rcode = readRcode(option);
    },
    ederror: (option) => {
      ede = readEde(option);
    },
    fallthrough: ({ args }) => {
      fallthrough = args.length === 0 ? ['.'] : args.flatMap(zonesOf);
    },
    // Without effect since CoreDNS 1.3; old Corefiles carry it.
    upstream: () => undefined,
  });
  return {
    class: class_,
    type,
    zones: zones.length === 0 ? blockZones : zones.flatMap(zonesOf),
    patterns: patterns.length === 0 ? [readRegExp('.*', directive)] : patterns,
    conditions,
    records,
    rcode,
    ede,
    fallthrough,
  };
}

/** CoreDNS takes mnemonics in capitals only. */
function strict(name: string, valueOf: (name: string) => number | undefined): number | undefined {
  return name === name.toUpperCase() ? valueOf(name) : undefined;
}

function compile(text: string, { position }: Directive): GoTemplate {
  try {
    return compileGoTemplate(text, TEMPLATE_FIELDS);
  } catch (error) {
    if (!(error instanceof GoTemplateError)) throw error;
    throw new CorefileError(`could not compile template: ${text}, ${error.message}`, position);
  }
}

function readCondition(option: Directive): Expression {
  const text = argsOf(option, 1, Infinity).join(' ');
  try {
    return compileExpression(text, [...QUERY_FUNCTIONS, GROUP]);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new CorefileError(`could not compile expression: ${error.message}`, option.position);
  }
}

function readRcode(option: Directive): number {
  const [name = ''] = argsOf(option, 1);
  const rcode = Object.entries(RCODE).find(([known]) => known === name)?.[1];
  if (rcode === undefined) throw new CorefileError(`unknown rcode ${name}`, option.position);
  return rcode;
}

function readEde(option: Directive): Stanza['ede'] {
  const [code = '', text = ''] = argsOf(option, 1, 2);
  if (!/^\d{1,5}$/.test(code) || Number(code) > 0xffff)
    throw new CorefileError(`error parsing extended DNS error code ${code}`, option.position);
  return { code: Number(code), text };
}
