import { ApiError } from './errors.ts';
import type { KindDefinition } from './kind.ts';
import { checkLabelValue, checkQualifiedName } from './names.ts';
import type { KubeObject } from './object.ts';
import { tokenize, type Token } from './selector-tokens.ts';
import type { LabelSelector } from './types.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether a set of labels is selected. */
export type LabelPredicate = (labels: Labels | undefined) => boolean;

type Operator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

const BINARY: Readonly<Record<string, Operator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

const NO_LABELS: Labels = {};

/**
 * The predicate behind a selector as kubectl's `-l` takes it: `app=web,tier in (a,b),!canary,size>3`.
 *
 * @throws ApiError BadRequest in the API server's words; @see apimachinery `labels.Parse`
 */
export function parseLabelSelector(text: string): LabelPredicate {
  return compileRequirements(new SelectorParser(tokenize(text)).parse());
}

/**
 * The predicate behind a LabelSelector object; one that is absent selects nothing, an empty one everything.
 *
 * @throws ApiError BadRequest for an operator or value that no selector may have.
 * @see apimachinery `LabelSelectorAsSelector`
 */
export function compileLabelSelector(selector: LabelSelector | undefined): LabelPredicate {
  if (selector === undefined) return () => false;
  const requirements: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]) => ({ key, operator: '=', values: [value] }),
  );
  for (const { key, operator, values = [] } of selector.matchExpressions ?? [])
    requirements.push({ key, operator: expressionOperator(operator), values });
  for (const requirement of requirements) checkRequirement(requirement);
  return compileRequirements(requirements);
}

/** Whether `selector`'s every label is among `labels`, as Services select; an empty selector selects everything. */
export function matchesLabels(selector: Labels, labels: Labels | undefined): boolean {
  for (const key in selector) if (labels?.[key] !== selector[key]) return false;
  return true;
}

/**
 * The predicate behind a field selector: `spec.nodeName=n1,status.phase!=Running`.
 *
 * @throws ApiError BadRequest for a field that `definition` does not let be selected.
 */
export function parseFieldSelector(
  text: string,
  definition: KindDefinition,
): (object: KubeObject) => boolean {
  const terms = splitTerms(text).map((term) => parseTerm(term));
  const checks = terms.map(({ field, isEqual, value }) => {
    const read = fieldReader(field, definition);
    return (object: KubeObject) => (read(object) === value) === isEqual;
  });
  return (object) => checks.every((check) => check(object));
}

/**
 * The value that a field selector requires of a field; undefined where it takes several.
 *
 * @throws ApiError BadRequest for what is no selector.
 */
export function requiredValue(text: string, field: string): string | undefined {
  const terms = splitTerms(text).map((term) => parseTerm(term));
  return terms.find((term) => term.field === field && term.isEqual)?.value;
}

/** Recursive descent over the tokens, error by error as upstream's parser. */
class SelectorParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): readonly Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const next = this.#peek();
      if (next.kind === 'end') return requirements;
      if (!startsRequirement(next))
        throw failure(`found '${next.text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator.kind === 'end') return requirements;
      if (separator.kind !== ',')
        throw failure(`found '${separator.text}', expected: ',' or 'end of string'`);
      const after = this.#peek();
      if (!startsRequirement(after))
        throw failure(`found '${after.text}', expected: identifier after ','`);
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  #take(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #requirement(): Requirement {
    const isNegated = this.#peek().kind === '!';
    if (isNegated) this.#take();
    const { kind, text: key } = this.#take();
    if (kind !== 'word') throw unparsed(`found '${key}', expected: identifier`);
    const complaints = checkQualifiedName(key);
    if (complaints.length > 0)
      throw unparsed(`<nil>: Invalid value: ${JSON.stringify(key)}: ${complaints.join('; ')}`);
    const next = this.#peek().kind;
    if (isNegated) return { key, operator: '!', values: [] };
    if (next === 'end' || next === ',') return { key, operator: 'exists', values: [] };
    const operator = this.#operator();
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#value()];
    const requirement = { key, operator, values: [...new Set(values)].toSorted() };
    checkRequirement(requirement, 'unable to parse requirement: ');
    return requirement;
  }

  #operator(): Operator {
    const { kind, text } = this.#take();
    const isOperator = kind !== 'word' || text === 'in' || text === 'notin';
    const operator = isOperator && Object.hasOwn(BINARY, text) ? BINARY[text] : undefined;
    if (operator === undefined)
      throw unparsed(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
    return operator;
  }

  #value(): string {
    const { kind } = this.#peek();
    if (kind === 'end' || kind === ',') return '';
    const { text } = this.#take();
    if (kind !== 'word') throw unparsed(`found '${text}', expected: identifier`);
    return text;
  }

  /** `(a,b)`; an empty place between commas is the empty value. */
  #values(): readonly string[] {
    const open = this.#take();
    if (open.kind !== '(') throw unparsed(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    if (this.#peek().kind === ')') {
      this.#take();
      // Nothing between brackets is the empty value.
      return [''];
    }
    const first = this.#peek();
    if (first.kind !== 'word' && first.kind !== ',')
      throw unparsed(`found '${first.text}', expected: ',', ')' or identifier`);
    for (;;) {
      values.push(this.#peek().kind === 'word' ? this.#take().text : '');
      const { kind, text } = this.#take();
      if (kind === ')') return values;
      if (kind !== ',') throw unparsed(`found '${text}', expected: ',' or ')'`);
      const { kind: after, text: found } = this.#peek();
      if (after !== 'word' && after !== ',' && after !== ')')
        throw unparsed(`found '${found}', expected: ',', or identifier`);
    }
  }
}

const startsRequirement = ({ kind }: Token): boolean => kind === 'word' || kind === '!';

const failure = (message: string): ApiError => new ApiError('BadRequest', message);

const unparsed = (message: string): ApiError => failure(`unable to parse requirement: ${message}`);

function expressionOperator(operator: string): Operator {
  switch (operator) {
    case 'In':
      return 'in';
    case 'NotIn':
      return 'notin';
    case 'Exists':
      return 'exists';
    case 'DoesNotExist':
      return '!';
    default:
      throw failure(`${JSON.stringify(operator)} is not a valid label selector operator`);
  }
}

/** @see apimachinery `labels.NewRequirement` */
function checkRequirement({ key, operator, values }: Requirement, prefix = ''): void {
  const errors: string[] = [];
  const keyComplaints = checkQualifiedName(key);
  if (keyComplaints.length > 0)
    errors.push(`key: Invalid value: ${JSON.stringify(key)}: ${keyComplaints.join('; ')}`);
  const complaint = valuesComplaint(operator, values);
  if (complaint !== undefined) errors.push(complaint);
  for (const [index, value] of values.entries()) {
    const complaints = checkLabelValue(value);
    if (complaints.length > 0)
      errors.push(
        `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${complaints.join('; ')}`,
      );
  }
  if (errors.length === 0) return;
  throw failure(`${prefix}${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`);
}

function valuesComplaint(operator: Operator, values: readonly string[]): string | undefined {
  const invalid = (why: string): string =>
    `values: Invalid value: ${JSON.stringify(values)}: ${why}`;
  if (operator === 'in' || operator === 'notin')
    return values.length > 0
      ? undefined
      : invalid("for 'in', 'notin' operators, values set can't be empty");
  if (operator === 'exists' || operator === '!')
    return values.length === 0
      ? undefined
      : invalid('values set must be empty for exists and does not exist');
  const [value = ''] = values;
  if ((operator !== 'gt' && operator !== 'lt') || isInteger(value)) return undefined;
  return `values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`;
}

const isInteger = (text: string): boolean => /^[+-]?\d+$/.test(text);

function compileRequirements(requirements: readonly Requirement[]): LabelPredicate {
  const checks = requirements.map((requirement) => compileRequirement(requirement));
  const [only] = checks;
  if (only !== undefined && checks.length === 1) return (labels) => only(labels ?? NO_LABELS);
  return (labels = NO_LABELS) => checks.every((check) => check(labels));
}

function compileRequirement({ key, operator, values }: Requirement): (labels: Labels) => boolean {
  const valueOf = (labels: Labels): string | undefined =>
    Object.hasOwn(labels, key) ? labels[key] : undefined;
  const set = new Set(values);
  const isIn = (labels: Labels): boolean => {
    const value = valueOf(labels);
    return value !== undefined && set.has(value);
  };
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return isIn;
    case 'notin':
    case '!=':
      return (labels) => !isIn(labels);
    case 'exists':
      return (labels) => valueOf(labels) !== undefined;
    case '!':
      return (labels) => valueOf(labels) === undefined;
    case 'gt':
    case 'lt':
      return (labels) => compareIntegers(valueOf(labels) ?? '', operator, values[0] ?? '');
    default:
      return operator satisfies never;
  }
}

function compareIntegers(value: string, operator: 'gt' | 'lt', bound: string): boolean {
  if (!isInteger(value)) return false;
  const [left, right] = [BigInt(value.replace('+', '')), BigInt(bound.replace('+', ''))];
  return operator === 'gt' ? left > right : left < right;
}

interface Term {
  readonly field: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/** At commas without a backslash before them. */
function splitTerms(text: string): readonly string[] {
  return (text.match(/(?:\\[^]|[^,\\]|\\$)+/g) ?? []).filter((term) => term !== '');
}

function parseTerm(term: string): Term {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
  const [, field = '', operator, value = ''] = match ?? [];
  if (match === null) throw failure(`invalid selector: '${term}'; can't understand '${term}'`);
  return { field, isEqual: operator !== '!=', value: unescapeValue(value) };
}

/** A backslash stands before `\`, `,` and `=`, and nowhere else. */
function unescapeValue(value: string): string {
  return value.replaceAll(/\\([^]?)|([=,])/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined && /^[\\,=]$/.test(escaped)) return escaped;
    throw failure(
      escaped === undefined
        ? `invalid field selector: unescaped character in value: '${found}'`
        : `invalid field selector: invalid escape sequence: '${found}'`,
    );
  });
}

/** Kinds that say of no field but the names that they know it. */
const ONLY_NAMES = new Set(['ReplicaSet']);

function fieldReader(field: string, definition: KindDefinition): (object: KubeObject) => string {
  if (field === 'metadata.name') return ({ metadata }) => metadata.name;
  if (field === 'metadata.namespace') return ({ metadata }) => metadata.namespace ?? '';
  const fields = definition.selectableFields;
  const read = fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (read !== undefined) return read;
  if (definition.name === 'Job')
    throw failure(`field label ${JSON.stringify(field)} not supported for Job`);
  throw failure(
    fields === undefined || ONLY_NAMES.has(definition.name)
      ? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
      : `field label not supported: ${field}`,
  );
}
