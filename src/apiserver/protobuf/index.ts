/** Request bodies in protobuf, which today's clients send for built-in kinds: read into the JSON that they stand for. */
import type { JsonObject } from '../../api/index.ts';
import { fieldsOfType, goTypeOf, underlyingType, type FieldDescriptor } from './descriptor.ts';
import { malformed, readFields, type WireField } from './reader.ts';
import { readScalar, specialReader, zeroScalar } from './scalars.ts';

export { goTypeOf };

/** What every body begins with; @see apimachinery `protobuf.go` */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** How deep messages may nest; schemas of CustomResourceDefinitions contain themselves. */
const MAX_DEPTH = 100;

/**
 * The object in `body`: `runtime.Unknown` around the message of its kind.
 *
 * @throws ApiError BadRequest for bytes that are no such message, or of a kind that has no protobuf form.
 */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC))
    throw malformed(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  const { apiVersion, kind, raw } = readUnknown(body.subarray(MAGIC.length));
  const type = goTypeOf(apiVersion, kind);
  if (type === undefined)
    throw malformed(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
    );
  return { apiVersion, kind, ...readStruct(raw, type, 0) };
}

interface Unknown {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Buffer;
}

function readUnknown(bytes: Buffer): Unknown {
  let [apiVersion, kind] = ['', ''];
  let raw = Buffer.alloc(0);
  for (const field of readFields(bytes)) {
    if (field.kind !== 'bytes') continue;
    if (field.number === 2) raw = Buffer.from(field.bytes);
    if (field.number !== 1) continue;
    for (const meta of readFields(field.bytes)) {
      if (meta.kind !== 'bytes') continue;
      if (meta.number === 1) apiVersion = meta.bytes.toString();
      if (meta.number === 2) kind = meta.bytes.toString();
    }
  }
  return { apiVersion, kind, raw };
}

/** A message as Go writes its struct to JSON. */
function readStruct(bytes: Buffer, type: string, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw malformed('exceeded max depth');
  const fields = fieldsOfType(type) ?? [];
  const byNumber = Map.groupBy(readFields(bytes), ({ number }) => number);
  const result: Record<string, unknown> = {};
  for (const field of fields) {
    const found = byNumber.get(field.n) ?? [];
    if (field.j === '-') continue;
    const value = found.length === 0 ? absent(field) : readField(found, field, depth);
    if (field.j === '') Object.assign(result, value);
    else if (value !== undefined && !isLeftOut(value, field)) result[field.j] = value;
  }
  return result;
}

/** A field that is not on the wire, where JSON has it all the same. */
function absent({ t, ptr, omit }: FieldDescriptor): unknown {
  return ptr === true || omit === true ? undefined : zeroScalar(underlyingType(t));
}

/** Go's encoder writes zeros of fields that are no pointers; JSON leaves them out where the tag says so. */
function isLeftOut(value: unknown, { ptr, omit }: FieldDescriptor): boolean {
  if (value === null) return true;
  if (ptr === true || omit !== true) return false;
  return value === '' || value === 0 || value === false;
}

function readField(found: readonly WireField[], { t }: FieldDescriptor, depth: number): unknown {
  const type = underlyingType(t);
  if (type === '[]byte') return readLast(found, type, depth);
  if (type.startsWith('[]')) return found.flatMap((field) => readItem(field, type.slice(2), depth));
  if (type.startsWith('map[')) return readMap(found, type, depth);
  return readLast(found, type, depth);
}

function readLast(found: readonly WireField[], type: string, depth: number): unknown {
  const last = found.at(-1);
  return last === undefined ? undefined : readValue(last, type, depth);
}

/** Lists of numbers may be packed into one field. */
function readItem(field: WireField, given: string, depth: number): readonly unknown[] {
  const type = underlyingType(given.replace(/^\*/, ''));
  const isPacked = field.kind === 'bytes' && /^u?int(32|64)$/.test(type);
  if (!isPacked) return [readValue(field, type, depth)];
  const values: unknown[] = [];
  let rest = field.bytes;
  while (rest.length > 0) {
    const end = rest.findIndex((byte) => byte < 0x80);
    if (end === -1) throw malformed('unexpected EOF');
    // A tag of field 1 in front makes one number a message.
    for (const one of readFields(Buffer.concat([Buffer.from([8]), rest.subarray(0, end + 1)])))
      values.push(readScalar(type, one));
    rest = rest.subarray(end + 1);
  }
  return values;
}

function readMap(
  found: readonly WireField[],
  type: string,
  depth: number,
): Record<string, unknown> {
  const valueType = underlyingType(type.slice(type.indexOf(']') + 1));
  const entries = found.map((entry): [string, unknown] => {
    if (entry.kind !== 'bytes') throw malformed('a map entry is no message');
    const parts = [...readFields(entry.bytes)];
    const key = parts.findLast(({ number }) => number === 1);
    const value = parts.findLast(({ number }) => number === 2);
    const absentValue = valueType.startsWith('[]')
      ? valueType === '[]byte'
        ? ''
        : []
      : zeroScalar(valueType);
    return [
      key === undefined ? '' : String(readScalar('string', key)),
      value === undefined ? absentValue : readValue(value, valueType, depth),
    ];
  });
  return Object.fromEntries(entries);
}

function readValue(field: WireField, given: string, depth: number): unknown {
  const type = underlyingType(given);
  const special = specialReader(type);
  const isStruct = fieldsOfType(type) !== undefined;
  if (special === undefined && !isStruct) return readListValue(field, type, depth);
  if (field.kind !== 'bytes') throw malformed(`wrong wireType for a field of type ${type}`);
  return special === undefined ? readStruct(field.bytes, type, depth + 1) : special(field.bytes);
}

/** Lists that are values of maps are messages with the items in field 1 (`ExtraValue`). */
function readListValue(field: WireField, type: string, depth: number): unknown {
  if (type === '[]byte' || !type.startsWith('[]') || field.kind !== 'bytes')
    return readScalar(type, field);
  return [...readFields(field.bytes)]
    .filter(({ number }) => number === 1)
    .flatMap((item) => readItem(item, type.slice(2), depth));
}
