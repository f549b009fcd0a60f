import { ApiError } from '../../api/index.ts';
import { malformed, readFields, type WireField } from './reader.ts';

const META = 'k8s.io/apimachinery/pkg/apis/meta/v1';

/** How types with a JSON form of their own are read from their message. */
const SPECIAL: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  'k8s.io/apimachinery/pkg/api/resource.Quantity': (bytes) => textField(bytes, 1) ?? '0',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': readIntOrString,
  [`${META}.Time`]: (bytes) => readTime(bytes, 'seconds'),
  [`${META}.MicroTime`]: (bytes) => readTime(bytes, 'micros'),
  [`${META}.Duration`]: (bytes) => formatGoDuration(numberField(bytes, 1)),
  [`${META}.FieldsV1`]: readJson,
  'k8s.io/apimachinery/pkg/runtime.RawExtension': readJson,
  'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON': readJson,
};

/** The reader of a type that is no plain struct; undefined for others. */
export function specialReader(type: string): ((bytes: Buffer) => unknown) | undefined {
  return Object.hasOwn(SPECIAL, type) ? SPECIAL[type] : undefined;
}

/** A value of a Go type without fields: text, numbers, booleans, bytes. */
export function readScalar(type: string, field: WireField): unknown {
  if (field.kind === 'varint') return ofVarint(type, field.value);
  if (field.kind === 'fixed64') return field.bytes.readDoubleLE();
  if (field.kind === 'fixed32') return field.bytes.readFloatLE();
  if (type === '[]byte') return field.bytes.toString('base64');
  return readText(field.bytes);
}

/** What a field that is not on the wire is, where JSON has it all the same. */
export function zeroScalar(type: string): unknown {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  return /^u?int|^float/.test(type) ? 0 : undefined;
}

function ofVarint(type: string, value: bigint): unknown {
  if (type === 'bool') return value !== 0n;
  const signed = BigInt.asIntN(64, value);
  return Number(type.startsWith('uint') ? value : signed);
}

function readText(bytes: Buffer): string {
  const text = bytes.toString();
  if (text.includes('\ufffd') && !Buffer.from(text).equals(bytes))
    throw malformed('field contains invalid UTF-8');
  return text;
}

function readIntOrString(bytes: Buffer): unknown {
  const isText = numberField(bytes, 1) === 1n;
  return isText ? (textField(bytes, 3) ?? '') : Number(BigInt.asIntN(32, numberField(bytes, 2)));
}

/** RFC 3339; null for the zero time. */
function readTime(bytes: Buffer, precision: 'seconds' | 'micros'): string | null {
  if (bytes.length === 0) return null;
  const seconds = Number(BigInt.asIntN(64, numberField(bytes, 1)));
  const nanos = Number(BigInt.asIntN(32, numberField(bytes, 2)));
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw malformed(`time out of range: ${seconds}`);
  const head = date.toISOString().slice(0, 19);
  if (precision === 'seconds') return `${head}Z`;
  return `${head}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

function readJson(bytes: Buffer): unknown {
  for (const field of readFields(bytes)) {
    if (field.number !== 1 || field.kind !== 'bytes') continue;
    try {
      return JSON.parse(field.bytes.toString()) as unknown;
    } catch {
      throw new ApiError('BadRequest', 'proto: a raw field holds no JSON');
    }
  }
  return undefined;
}

function numberField(bytes: Buffer, number: number): bigint {
  let found = 0n;
  for (const field of readFields(bytes))
    if (field.number === number && field.kind === 'varint') found = field.value;
  return found;
}

function textField(bytes: Buffer, number: number): string | undefined {
  let found: string | undefined;
  for (const field of readFields(bytes))
    if (field.number === number && field.kind === 'bytes') found = readText(field.bytes);
  return found;
}

/** As Go prints a `time.Duration`: `1h30m0s`, `1.5s`, `0s`. */
function formatGoDuration(value: bigint): string {
  const nanos = BigInt.asIntN(64, value);
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  if (size === 0n) return '0s';
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n)}ms`;
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n)}s`;
  const minutes = size / 60_000_000_000n;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return `${sign}${hours === 0n ? '' : `${hours}h`}${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = String(value % unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(value / unit) : `${value / unit}.${fraction}`;
}
