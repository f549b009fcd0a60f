import { readDataFile } from '../../api/index.ts';

/** One field of a Go type, as its struct tags describe it. */
export interface FieldDescriptor {
  /** Number on the wire. */
  readonly n: number;
  /** Name in JSON; '' for an embedded struct, '-' for none. */
  readonly j: string;
  /** Go type: `string`, `[]k8s.io/api/core/v1.Container`, `map[string][]byte`. */
  readonly t: string;
  /** A pointer: absent and zero differ. */
  readonly ptr?: boolean;
  /** Left out of JSON when zero. */
  readonly omit?: boolean;
}

interface Document {
  readonly types: Readonly<Record<string, readonly FieldDescriptor[]>>;
  /** Named types that are another one underneath. */
  readonly alias: Readonly<Record<string, string>>;
}

let document: Document | undefined;

function descriptors(): Document {
  document ??= readDocument();
  return document;
}

function readDocument(): Document {
  return JSON.parse(readDataFile('protobuf-fields-0.37.json')) as Document; // as the data's script writes it
}

/** The fields of a Go struct; undefined for a type that is none. */
export function fieldsOfType(type: string): readonly FieldDescriptor[] | undefined {
  return descriptors().types[type];
}

/** The type underneath a named one. */
export function underlyingType(type: string): string {
  const { alias } = descriptors();
  // A tag of the data's may be preceded by what its comment said.
  let found = type.replace(/^\/\/.* /, '');
  for (let next = alias[found]; next !== undefined; next = alias[found]) found = next;
  return found;
}

/** As Go prints a type: `string`, `v1.Protocol`, `[]v1.Container`, `map[string][]uint8`. */
export function typeName(type: string): string {
  if (type === '[]byte') return '[]uint8';
  if (type.startsWith('[]')) return `[]${typeName(type.slice(2))}`;
  if (type.startsWith('map[')) {
    const end = type.indexOf(']');
    return `map[${typeName(type.slice(4, end))}]${typeName(type.slice(end + 1))}`;
  }
  const slash = type.lastIndexOf('/');
  return type.slice(slash + 1);
}

const META = 'k8s.io/apimachinery/pkg/apis/meta/v1';
const EXTENSIONS = 'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1';

/** Structs that JSON does not show field by field. */
export const OWN_JSON: ReadonlySet<string> = new Set([
  `${META}.Time`,
  `${META}.MicroTime`,
  `${META}.Duration`,
  `${META}.FieldsV1`,
  'k8s.io/apimachinery/pkg/api/resource.Quantity',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString',
  'k8s.io/apimachinery/pkg/runtime.RawExtension',
  `${EXTENSIONS}.JSON`,
  `${EXTENSIONS}.JSONSchemaPropsOrArray`,
  `${EXTENSIONS}.JSONSchemaPropsOrBool`,
  `${EXTENSIONS}.JSONSchemaPropsOrStringArray`,
]);
const ROOTS = [
  'k8s.io/api',
  'k8s.io/apiextensions-apiserver/pkg/apis',
  'k8s.io/kube-aggregator/pkg/apis',
];

/**
 * The Go type of a kind.
 *
 * Packages are named by the first word of their group: `networking.k8s.io/v1` is `k8s.io/api/networking/v1`.
 *
 * @returns undefined for a kind that has no type here.
 */
export function goTypeOf(apiVersion: string, kind: string): string | undefined {
  const key = `${apiVersion} ${kind}`;
  if (goTypes.has(key)) return goTypes.get(key);
  const type = findGoType(apiVersion, kind);
  // Whatever a client names is asked for here: only what there is is kept.
  if (type !== undefined) goTypes.set(key, type);
  return type;
}

const goTypes = new Map<string, string>();

function findGoType(apiVersion: string, kind: string): string | undefined {
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? 'core' : (apiVersion.slice(0, slash).split('.', 1)[0] ?? '');
  const version = apiVersion.slice(slash + 1);
  const candidates = ROOTS.map((root) => `${root}/${group}/${version}.${kind}`);
  return [...candidates, `${META}.${kind}`].find((type) => fieldsOfType(type) !== undefined);
}
