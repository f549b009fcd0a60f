import { readDataFile } from './data-file.ts';

/** A schema as the API's OpenAPI documents write it, with the extensions that are read here. */
export interface OpenApiSchema {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly format?: string;
  readonly default?: unknown;
  readonly $ref?: string;
  readonly allOf?: readonly OpenApiSchema[];
  readonly oneOf?: readonly OpenApiSchema[];
  readonly items?: OpenApiSchema;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly additionalProperties?: OpenApiSchema;
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[];
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** Names a kind in one version of its group; the core group is ''. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const REF = '#/components/schemas/';

let texts: ReadonlyMap<string, string> | undefined;
const schemas = new Map<string, OpenApiSchema>();
let byKind: ReadonlyMap<string, string> | undefined;

/** The schema of the built-in API that has this full name; the same object each time. */
export function schemaOf(name: string): OpenApiSchema | undefined {
  const known = schemas.get(name);
  if (known !== undefined) return known;
  const text = schemaTexts().get(name);
  if (text === undefined) return undefined;
  const schema = JSON.parse(text) as OpenApiSchema; // the API server's own document
  schemas.set(name, schema);
  return schema;
}

/** The schemas' JSON by full name, from `data/` at the package's root: a line each, of which a start needs a few. */
function schemaTexts(): ReadonlyMap<string, string> {
  texts ??= new Map(
    readDataFile('openapi-schemas-1.36.json')
      .split('\n')
      .filter((line) => line.startsWith('"'))
      .map((line) => {
        const colon = line.indexOf('":') + 1;
        return [line.slice(1, colon - 1), line.slice(colon + 1, line.lastIndexOf('}') + 1)];
      }),
  );
  return texts;
}

/** The schema of a built-in kind; undefined when that version of the API has no such kind. */
export function schemaOfKind(apiVersion: string, kind: string): OpenApiSchema | undefined {
  const name = schemaNameOf(apiVersion, kind);
  return name === undefined ? undefined : schemaOf(name);
}

/** The name that most kinds' schemas have (`io.k8s.api.networking.v1.Ingress`): found without an index of them all. */
function usualName(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/');
  const group = slash === -1 ? 'core' : apiVersion.slice(0, slash).replace(/\..*$/, '');
  return `io.k8s.api.${group}.${apiVersion.slice(slash + 1)}.${kind}`;
}

function isOfKind(schema: OpenApiSchema, apiVersion: string, kind: string): boolean {
  const names = schema['x-kubernetes-group-version-kind'] ?? [];
  return names.some((name) => name.kind === kind && apiVersionOf(name) === apiVersion);
}

/** The full name of a built-in kind's schema; undefined when that version of the API has no such kind. */
export function schemaNameOf(apiVersion: string, kind: string): string | undefined {
  const usual = usualName(apiVersion, kind);
  const schema = schemaOf(usual);
  if (schema !== undefined && isOfKind(schema, apiVersion, kind)) return usual;
  byKind ??= indexKinds();
  return byKind.get(`${apiVersion} ${kind}`);
}

/** The full names of all schemas that are referred to from within this one. */
export function schemaReferences(schema: OpenApiSchema): readonly string[] {
  const own = schemaRef(schema);
  const { allOf = [], oneOf = [], items, properties = {}, additionalProperties } = schema;
  const parts = [...allOf, ...oneOf, ...Object.values(properties)];
  if (items !== undefined) parts.push(items);
  // JSON schema lets a boolean stand for any or no value.
  if (typeof additionalProperties === 'object') parts.push(additionalProperties);
  return [...(own === undefined ? [] : [own]), ...parts.flatMap(schemaReferences)];
}

/** The apiVersions in which the built-in API has `kind`. */
export function apiVersionsOfKind(kind: string): readonly string[] {
  byKind ??= indexKinds();
  return [...byKind.keys()]
    .filter((key) => key.endsWith(` ${kind}`))
    .map((key) => key.slice(0, -kind.length - 1));
}

/** The kinds that the built-in API has in a group, whatever their version; none for a group that is not its own. */
export function kindsOfGroup(group: string): readonly string[] {
  byKind ??= indexKinds();
  return [...byKind.keys()].flatMap((key) => {
    const [apiVersion = '', kind = ''] = key.split(' ');
    const slash = apiVersion.indexOf('/');
    return (slash === -1 ? '' : apiVersion.slice(0, slash)) === group ? [kind] : [];
  });
}

/** The schema behind a reference; a schema that is no reference is its own. */
export function resolveSchema(schema: OpenApiSchema): OpenApiSchema {
  const ref = schemaRef(schema);
  return (ref === undefined ? undefined : schemaOf(ref)) ?? schema;
}

/** The full name of the schema that this one refers to. */
export function schemaRef(schema: OpenApiSchema): string | undefined {
  return (schema.$ref ?? schema.allOf?.[0]?.$ref)?.slice(REF.length);
}

/** Schemas of options and events name many groups, and those of lists are kinds of their own; both are harmless. */
function indexKinds(): ReadonlyMap<string, string> {
  const index = new Map<string, string>();
  for (const name of schemaTexts().keys()) {
    for (const kind of schemaOf(name)?.['x-kubernetes-group-version-kind'] ?? [])
      index.set(`${apiVersionOf(kind)} ${kind.kind}`, name);
  }
  return index;
}

function apiVersionOf({ group, version }: GroupVersionKind): string {
  return group === '' ? version : `${group}/${version}`;
}
