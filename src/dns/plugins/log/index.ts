/** A line for each query. */
import { answerKind, type AnswerKind } from '../../answer-kind.ts';
import {
  argsOf,
  CorefileError,
  readOptions,
  type Directive,
  type PluginDefinition,
} from '../../corefile/index.ts';
import { absolute, isInZone } from '../../names.ts';
import type { Observation } from '../../observation.ts';
import { COMBINED_FORMAT, COMMON_FORMAT, compileFormat, type LineFormat } from './format.ts';

const CLASSES = ['success', 'denial', 'error', 'all'] as const;
type LogClass = (typeof CLASSES)[number];

const CLASS_OF: Readonly<Record<AnswerKind, LogClass>> = {
  success: 'success',
  delegation: 'success',
  nodata: 'denial',
  nxdomain: 'denial',
  meta: 'error',
  error: 'error',
};

/** Which queries make a line, and how it reads. */
interface LogRule {
  readonly scope: string;
  readonly format: LineFormat;
  readonly classes: ReadonlySet<LogClass>;
}

/** `log [NAMES…] [FORMAT] { class success|denial|error|all… }` */
export const log: PluginDefinition = {
  name: 'log',
  setup: (directives, { environment: { print, clock } }) => {
    const rules = directives.flatMap(readRules);
    return {
      observe: (observation) => {
        const { qname } = observation.query;
        const rule = rules.find(({ scope }) => isInZone(qname, scope));
        if (rule === undefined || !isLogged(rule, observation)) return;
        print(`[INFO] ${rule.format(observation, clock.now())}`);
      },
    };
  },
};

function isLogged({ classes }: LogRule, { query, answer }: Observation): boolean {
  if (classes.has('all')) return true;
  return classes.has(answer === undefined ? 'error' : CLASS_OF[answerKind(query, answer)]);
}

function readRules(directive: Directive): readonly LogRule[] {
  const { args } = directive;
  const last = args.at(-1) ?? '';
  const hasFormat = args.length > 1 && last.includes('{');
  const text = hasFormat
    ? last.replaceAll('{common}', COMMON_FORMAT).replaceAll('{combined}', COMBINED_FORMAT)
    : COMMON_FORMAT;
  const names = hasFormat ? args.slice(0, -1) : args;
  const classes = new Set<LogClass>();
  readOptions(directive, {
    class: (option) => {
      for (const word of argsOf(option, 1, Infinity)) classes.add(classOf(word, option));
    },
  });
  if (classes.size === 0) classes.add('all');
  const format = compileFormat(text);
  return (names.length === 0 ? ['.'] : names).map((name) => ({
    scope: absolute(name.toLowerCase()),
    format,
    classes,
  }));
}

function classOf(word: string, { position }: Directive): LogClass {
  const found = CLASSES.find((name) => name === word);
  if (found === undefined) throw new CorefileError(`invalid Class: ${word}`, position);
  return found;
}
