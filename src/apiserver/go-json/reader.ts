import { schemaOf } from '../../api/index.ts';
import {
  fieldsOfType,
  typeName,
  underlyingType,
  type FieldDescriptor,
} from '../protobuf/descriptor.ts';
import { goValue, mistype, noteUnknown, Problem, type Place } from './place.ts';
import { OWN_READERS, scalarReader, type ReadScalar } from './scalars.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Reads values of one Go type. */
export interface Reader {
  /** A value that is not null, as JSON shows it after; the same one where nothing changed. */
  readonly read: ReadScalar;
  /** What null stands for in a list, a map, or a field that is always written. */
  readonly zero: unknown;
}

const EXTENSIONS = 'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1';
const readers = new Map<string, Reader>();

/** The reader of a type, compiled once. */
export function readerOf(name: string): Reader {
  const known = readers.get(name);
  if (known !== undefined) return known;
  let made: Reader | undefined;
  // Types contain themselves: the reader is known before it is whole.
  const reader: Reader = {
    read: (value, place) => (made ??= compile(name)).read(value, place),
    get zero() {
      return (made ??= compile(name)).zero;
    },
  };
  readers.set(name, reader);
  return reader;
}

function compile(name: string): Reader {
  const own = OWN_READERS[name];
  if (own !== undefined) return { read: own, zero: zeroOfOwn(name) };
  const choice = schemaChoice(name);
  if (choice !== undefined) return { read: choice, zero: null };
  const type = underlyingType(name);
  const scalar = scalarReader(type, typeName(name));
  if (scalar !== undefined) return { read: scalar, zero: zeroOfScalar(type) };
  if (type.startsWith('[]')) return listReader(name, readerOf(type.slice(2).replace(/^\*/, '')));
  if (type.startsWith('map['))
    return mapReader(name, readerOf(type.slice(type.indexOf(']') + 1).replace(/^\*/, '')));
  if (fieldsOfType(type) === undefined) return { read: (value) => value, zero: null };
  return structReader(type);
}

function zeroOfOwn(name: string): unknown {
  if (name.endsWith('.Quantity')) return '0';
  return name.endsWith('.IntOrString') ? 0 : null;
}

function zeroOfScalar(type: string): unknown {
  if (type === 'bool') return false;
  return type === 'string' || type === '[]byte' ? '' : 0;
}

/** A schema, or something instead of it. */
function schemaChoice(name: string): ReadScalar | undefined {
  const schema = `${EXTENSIONS}.JSONSchemaProps`;
  const readSchema: ReadScalar = (value, place) => readerOf(schema).read(value, place);
  switch (name) {
    case `${EXTENSIONS}.JSONSchemaPropsOrArray`:
      return (value, place) =>
        Array.isArray(value)
          ? (value as readonly unknown[]).map((item) => readSchema(item, place))
          : isFields(value)
            ? readSchema(value, place)
            : undefined;
    case `${EXTENSIONS}.JSONSchemaPropsOrBool`:
      return (value, place) => {
        if (typeof value === 'boolean') return value;
        if (isFields(value)) return readSchema(value, place);
        throw new Problem('boolean or JSON schema expected');
      };
    case `${EXTENSIONS}.JSONSchemaPropsOrStringArray`:
      return (value, place) => (isFields(value) ? readSchema(value, place) : value);
    default:
      return undefined;
  }
}

function listReader(name: string, item: Reader): Reader {
  const read: ReadScalar = (value, place) => {
    if (!Array.isArray(value)) return mistype(place, goValue(value), typeName(name));
    const list: readonly unknown[] = value;
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index += 1) {
      const given = list[index];
      place.strict.push(index);
      const found = given === null ? item.zero : item.read(given, place);
      place.strict.pop();
      if (found !== given) (copy ??= [...list])[index] = found;
    }
    return copy ?? list;
  };
  return { read, zero: null };
}

function mapReader(name: string, item: Reader): Reader {
  const read: ReadScalar = (value, place) => {
    if (!isFields(value)) return mistype(place, goValue(value), typeName(name));
    let copy: Record<string, unknown> | undefined;
    for (const key in value) {
      const given = value[key];
      place.strict.push(key);
      const found = given === null ? item.zero : item.read(given, place);
      place.strict.pop();
      if (found !== given) setOwn((copy ??= { ...value }), key, found);
    }
    return copy ?? value;
  };
  return { read, zero: null };
}

/** Keys are whatever clients wrote, `__proto__` too. */
function setOwn(fields: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(fields, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

interface Field {
  readonly reader: Reader;
  readonly isOmitted: (value: unknown) => boolean;
  /** Undefined where null is as good as nothing. */
  readonly ofNull: unknown;
  /** Names of the embedded structs that have it, the outermost first. */
  readonly within: readonly string[];
}

function structReader(type: string): Reader {
  const fields = new Map(structFields(type, []));
  for (const name of TYPE_META) if (!fields.has(name)) fields.set(name, TEXT);
  const ofTop = new Map(TYPE_META.map((name) => [name as string, fields.get(name)]));
  const known = knownFields(type, fields);
  const struct = type.slice(type.lastIndexOf('.') + 1);
  const read: ReadScalar = (value, place) => {
    if (!isFields(value)) return mistype(place, goValue(value), typeName(type));
    const before = place.struct;
    let copy: Record<string, unknown> | undefined;
    for (const key in value) {
      const field = known.get(key) ?? (place.strict.length === 0 ? ofTop.get(key) : undefined);
      place.strict.push(key);
      if (field === undefined) {
        noteUnknown(place);
        delete (copy ??= { ...value })[key];
      } else {
        place.struct = struct;
        enter(place, field, key);
        const found = readField(value[key], field, place);
        place.fields.length -= field.within.length + 1;
        place.struct = before;
        if (found === undefined) delete (copy ??= { ...value })[key];
        else if (found !== value[key]) (copy ??= { ...value })[key] = found;
      }
      place.strict.pop();
    }
    return copy ?? value;
  };
  return { read, zero: {} };
}

function enter({ fields }: Place, { within }: Field, key: string): void {
  for (const name of within) fields.push(name);
  fields.push(key);
}

const TYPE_META = ['apiVersion', 'kind'] as const;
const TEXT: Field = {
  reader: {
    read: (value, place) =>
      typeof value === 'string' ? value : mistype(place, goValue(value), 'string'),
    zero: '',
  },
  isOmitted: (value) => value === '',
  ofNull: undefined,
  within: [],
};

function readField(value: unknown, { reader, isOmitted, ofNull }: Field, place: Place): unknown {
  const found = value === null ? ofNull : reader.read(value, place);
  return found !== undefined && isOmitted(found) ? undefined : found;
}

/** Those that the schemas of this version of the API have, too; the structs are of a later one. */
function knownFields(type: string, fields: ReadonlyMap<string, Field>): ReadonlyMap<string, Field> {
  const name = `io.${type}`;
  const properties = schemaOf(
    name.replaceAll('/', '.').replace('io.k8s.io.', 'io.k8s.'),
  )?.properties;
  if (properties === undefined) return fields;
  return new Map([...fields].filter(([field]) => Object.hasOwn(properties, field)));
}

/** With the fields of embedded structs among the others. @param within the structs that embed this one */
function structFields(
  type: string,
  within: readonly string[],
): readonly (readonly [name: string, field: Field])[] {
  return (fieldsOfType(type) ?? [])
    .filter(({ j }) => j !== '-')
    .flatMap((field) => {
      if (field.j !== '') return [[field.j, { ...compileField(field), within }] as const];
      const embedded = underlyingType(field.t);
      return structFields(embedded, [...within, embedded.slice(embedded.lastIndexOf('.') + 1)]);
    });
}

function compileField({ t, ptr = false, omit = false }: FieldDescriptor): Omit<Field, 'within'> {
  const name = t.replace(/^\/\/.* /, '');
  const reader = readerOf(name);
  const type = underlyingType(name);
  const isCollection = (type.startsWith('[]') && type !== '[]byte') || type.startsWith('map[');
  if (ptr) return { reader, isOmitted: () => false, ofNull: undefined };
  if (isCollection)
    return { reader, isOmitted: omit ? isEmptyCollection : () => false, ofNull: undefined };
  const isScalar = scalarReader(type, type) !== undefined;
  return {
    reader,
    isOmitted: omit && isScalar ? isZero : () => false,
    ofNull: omit && isScalar ? undefined : reader.zero,
  };
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}

function isEmptyCollection(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isFields(value) && Object.keys(value).length === 0;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
