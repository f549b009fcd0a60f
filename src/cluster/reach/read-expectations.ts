import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Node } from 'yaml';
import { isPortOrName, PodlaneError, type Position, type Protocol } from '../../net/index.ts';

/** What a person expects of one flow. */
export interface Expectation {
  /** `outside` for nobody in the cluster. */
  readonly from: string;
  readonly to: string;
  readonly expect: 'allow' | 'deny';
  readonly port: string | undefined;
  readonly protocol: Protocol | undefined;
  readonly position: Position;
}

/**
 * Reads a list of expectations, YAML or JSON: `from`, `to` (each a text or a list of them), `expect` (`allow` or `deny`),
 * `port` and `protocol`.
 *
 * @param file As errors name it.
 * @throws PodlaneError `ERR_OPTION` with the line and column of what cannot be understood.
 */
export function readExpectations(text: string, file: string): readonly Expectation[] {
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const [document, second] = Array.isArray(documents) ? documents : [];
  const [problem] = document?.errors ?? [];
  if (problem !== undefined)
    throw unreadable(
      problem.message.replace(/^./, (first) => first.toLowerCase()),
      positionAt(problem.pos[0]),
    );
  const list = document?.contents;
  if (second !== undefined)
    throw unreadable('there is more than one document', positionAt(offsetOf(second.contents)));
  if (!isSeq(list) || list.items.length === 0)
    throw unreadable('it holds no list of expectations', positionAt(offsetOf(list)));
  return list.items.flatMap((item) => expectationsOf(item, positionAt));
}

type PositionAt = (offset: number) => Position;

const FIELDS = ['from', 'to', 'expect', 'port', 'protocol'] as const;
type Field = (typeof FIELDS)[number];
const isField = (text: unknown): text is Field => FIELDS.some((field) => field === text);

/** An item stands for every pair of its sources and targets. */
function expectationsOf(item: unknown, positionAt: PositionAt): readonly Expectation[] {
  const position = positionAt(offsetOf(item));
  const fields = fieldsOf(item, positionAt);
  const froms = textsOf('from', fields, { position, positionAt });
  const tos = textsOf('to', fields, { position, positionAt });
  const expect = choice('expect', fields, { position, positionAt, allowed: ['allow', 'deny'] });
  if (expect === undefined) throw unreadable('expect is missing', position);
  const protocol = choice('protocol', fields, {
    position,
    positionAt,
    allowed: ['TCP', 'UDP', 'SCTP'],
  });
  const port = portOf(fields, positionAt);
  return froms.flatMap((from) => tos.map((to) => ({ from, to, expect, port, protocol, position })));
}

function fieldsOf(item: unknown, positionAt: PositionAt): ReadonlyMap<Field, unknown> {
  const fields = new Map<Field, unknown>();
  if (!isMap(item))
    throw unreadable('an expectation has from, to and expect', positionAt(offsetOf(item)));
  for (const { key, value } of item.items) {
    const name = isScalar(key) ? key.value : undefined;
    if (!isField(name))
      throw unreadable(
        `unknown field ${JSON.stringify(name ?? String(key))}`,
        positionAt(offsetOf(key)),
      );
    fields.set(name, value);
  }
  return fields;
}

interface Place {
  readonly position: Position;
  readonly positionAt: PositionAt;
}

function textsOf(
  field: Field,
  fields: ReadonlyMap<Field, unknown>,
  { position, positionAt }: Place,
): readonly string[] {
  const value = fields.get(field);
  if (value === undefined) throw unreadable(`${field} is missing`, position);
  const items: readonly unknown[] = isSeq(value) ? value.items : [value];
  if (items.length === 0) throw unreadable(`${field} is empty`, positionAt(offsetOf(value)));
  return items.map((item) => {
    const text = scalarText(item);
    if (text === undefined || text.trim() === '')
      throw unreadable(`${field} takes the name of a target`, positionAt(offsetOf(item)));
    return text.trim();
  });
}

function choice<const T extends string>(
  field: Field,
  fields: ReadonlyMap<Field, unknown>,
  { position, positionAt, allowed }: Place & { readonly allowed: readonly T[] },
): T | undefined {
  const value = fields.get(field);
  if (value === undefined) return undefined;
  const text = scalarText(value);
  const found = allowed.find((one) => one === text);
  if (found !== undefined) return found;
  const place = isScalar(value) ? positionAt(offsetOf(value)) : position;
  throw unreadable(`${field} is ${allowed.join(' or ')}, not ${JSON.stringify(text ?? '')}`, place);
}

function portOf(fields: ReadonlyMap<Field, unknown>, positionAt: PositionAt): string | undefined {
  const value = fields.get('port');
  if (value === undefined) return undefined;
  const text = scalarText(value) ?? '';
  if (isPortOrName(text)) return text;
  throw unreadable(
    `port is a number from 1 to 65535 or the name of a port, not ${JSON.stringify(text)}`,
    positionAt(offsetOf(value)),
  );
}

/** A scalar as it is written; undefined for nothing and for what is no scalar. */
function scalarText(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null || node.value === undefined) return undefined;
  const { value, source } = node;
  return typeof value === 'string' ? value : source;
}

function offsetOf(node: unknown): number {
  const { range } = (typeof node === 'object' ? (node ?? {}) : {}) as Partial<Node>; // nodes have it once parsed
  return range?.[0] ?? 0;
}

function unreadable(why: string, position: Position): PodlaneError {
  return new PodlaneError('ERR_OPTION', why, {
    position,
    hint: 'An expectation reads `- {from: shop/web, to: shop/api, port: 8080, expect: allow}`.',
  });
}
