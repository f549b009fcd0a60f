import { GO_SHAPES } from './go-shapes.ts';

/** Structs that controllers hash. */
export type GoStruct =
  | 'v1.PodTemplateSpec'
  | 'v1.EndpointSubset'
  | 'v1.EndpointPort'
  | 'v1.EndpointPort#discovery';

/**
 * A value of the API as Go prints the struct that upstream reads it into: what its hashes are made of.
 *
 * A list, map or text that is empty is the same as one that is not there, as it is after protobuf.
 *
 * @see k8s.io/utils/dump `ForHash`, github.com/davecgh/go-spew `Sprintf("%#v")`
 */
export function goDump(type: GoStruct, value: object): string {
  return print(type, value, true);
}

interface Field {
  readonly goName: string;
  /** Absent for an embedded struct, whose fields are among its owner's. */
  readonly name: string | undefined;
  readonly type: string;
}

/** By the name of the struct, undefined for what is none; only those that are printed are read. */
const known = new Map<string, readonly Field[] | undefined>();

function fieldsOf(type: string): readonly Field[] | undefined {
  if (!known.has(type)) known.set(type, readShape(type));
  return known.get(type);
}

function readShape(struct: string): readonly Field[] | undefined {
  const head = `\n${struct} `;
  const at = GO_SHAPES.indexOf(head);
  if (at < 0) return undefined;
  const start = at + head.length;
  return GO_SHAPES.slice(start, GO_SHAPES.indexOf('\n', start)).split(' ').map(readField);
}

function readField(text: string): Field {
  const [goName = '', given = '', ...type] = text.split(':');
  const same = goName.charAt(0).toLowerCase() + goName.slice(1);
  return { goName, name: given === '<' ? undefined : given || same, type: type.join(':') };
}

/** @param withType whether the type stands before the value, as it does but for elements and what a pointer leads to */
function print(type: string, value: unknown, withType: boolean): string {
  const head = withType ? `(${nameOf(type)})` : '';
  if (type.startsWith('*')) {
    return value === undefined || value === null
      ? `${head}<nil>`
      : head + print(type.slice(1), value, false);
  }
  return head + printContents(baseOf(type), value);
}

/** `v1.ResourceList=map[…]…` is called `v1.ResourceList`, and `v1.EndpointPort#discovery` is told apart from another. */
function nameOf(type: string): string {
  return type.replace(/[=#].*$/, '');
}

/** What a named type is made of. */
function baseOf(type: string): string {
  return type.replace(/^[\w.]+=/, '');
}

function printContents(type: string, value: unknown): string {
  if (type.startsWith('[]')) return printList(type.slice(2), value);
  if (type.startsWith('map[')) return printMap(type, value);
  const special = SPECIAL[type];
  if (special !== undefined) return special(value);
  const fields = fieldsOf(type);
  if (fields !== undefined) return printStruct(fields, value);
  if (value === undefined || value === null) return ZEROES[type] ?? '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const ZEROES: Readonly<Record<string, string>> = {
  bool: 'false',
  int32: '0',
  int64: '0',
};

function printList(element: string, value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return '<nil>';
  return `[${value.map((item: unknown) => print(element, item, false)).join(' ')}]`;
}

function printMap(type: string, value: unknown): string {
  const entries = Object.entries((value ?? {}) as Readonly<Record<string, unknown>>);
  if (entries.length === 0) return '<nil>';
  const element = type.slice(type.indexOf(']') + 1);
  const sorted = entries.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `map[${sorted.map(([key, item]) => `${key}:${print(element, item, false)}`).join(' ')}]`;
}

function printStruct(fields: readonly Field[], value: unknown): string {
  const object = (value ?? {}) as Readonly<Record<string, unknown>>;
  const shown = fields.map(({ goName, name, type }) => {
    const field = name === undefined ? object : object[name];
    return `${goName}:${print(type, field, true)}`;
  });
  return `{${shown.join(' ')}}`;
}

/** Structs that are no objects in the API. */
const SPECIAL: Readonly<Record<string, (value: unknown) => string>> = {
  'v1.Time': () => '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}',
  'intstr.IntOrString': (value = 0) =>
    typeof value === 'number'
      ? `{Type:(intstr.Type)0 IntVal:(int32)${value} StrVal:(string)}`
      : `{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)${String(value)}}`,
  'resource.Quantity': printQuantity,
};

const EXPONENTS: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** A quantity as it is after it was read. @see apimachinery `ParseQuantity` */
function printQuantity(value: unknown = ''): string {
  const text = String(value);
  const parts = /^([+-]?\d*)\.?(\d*)(?:[eE]([+-]?\d+))?(\w*)$/.exec(text) ?? [];
  const [, whole = '', fraction = '', exponent = '', suffix = ''] = parts;
  const isBinary = suffix !== '' && BINARY.includes(suffix);
  const format = text === '' ? '' : formatOf(isBinary, exponent !== '');
  const power = isBinary ? 0 : (EXPONENTS[suffix] ?? 0) + Number(exponent);
  const factor = isBinary ? 1024n ** BigInt(BINARY.indexOf(suffix)) : 1n;
  const amount = BigInt(`${whole}${fraction}`.replace('+', '')) * factor;
  return `{i:(resource.int64Amount){value:(int64)${amount} scale:(resource.Scale)${power - fraction.length}} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${text} Format:(resource.Format)${format}}`;
}

function formatOf(isBinary: boolean, hasExponent: boolean): string {
  if (isBinary) return 'BinarySI';
  return hasExponent ? 'DecimalExponent' : 'DecimalSI';
}
