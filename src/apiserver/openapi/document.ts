import {
  schemaNameOf,
  schemaOf,
  schemaReferences,
  type KindDefinition,
  type OpenApiSchema,
} from '../../api/index.ts';

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** One operation of a path. */
export interface DocumentOperation {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: object;
  readonly 'x-kubernetes-action': string;
  readonly 'x-kubernetes-group-version-kind': object;
}

/** An OpenAPI v3 document, as far as clients of the API look at it. */
export interface GroupVersionDocument {
  readonly openapi: string;
  readonly info: object;
  /** Operations by path and method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, OpenApiSchema>> };
}

/** The document of one version of a group: the operations that kubectl looks for, and the schemas. */
export function groupVersionDocument(
  definitions: readonly KindDefinition[],
  groupVersion: GroupVersion,
): GroupVersionDocument {
  const schemas: Record<string, OpenApiSchema> = {};
  for (const definition of definitions) {
    const root = schemaNameOf(apiVersionOf(groupVersion), definition.kind);
    if (root === undefined) {
      const schema = customSchema(definition, groupVersion);
      schemas[customName(definition, groupVersion)] = schema;
      gather(schemaReferences(schema), schemas);
    } else gather([root], schemas);
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.3' },
    paths: Object.fromEntries(
      definitions.flatMap((definition) => pathsOf(definition, groupVersion)),
    ),
    components: { schemas },
  };
}

/** Adds the named schemas and all that they refer to. */
function gather(names: readonly string[], found: Record<string, OpenApiSchema>): void {
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const schema = Object.hasOwn(found, name) ? undefined : schemaOf(name);
    if (schema === undefined) continue;
    found[name] = schema;
    waiting.push(...schemaReferences(schema));
  }
}

function pathsOf(
  definition: KindDefinition,
  groupVersion: GroupVersion,
): [string, Readonly<Record<string, DocumentOperation>>][] {
  const root = groupVersion.group === '' ? '/api' : '/apis';
  const scope = definition.isNamespaced ? '/namespaces/{namespace}' : '';
  const collection = `${root}/${apiVersionOf(groupVersion)}${scope}/${definition.plural}`;
  const kind = { ...groupVersion, kind: definition.kind };
  const operations = (
    words: Readonly<Record<string, string>>,
  ): Readonly<Record<string, DocumentOperation>> =>
    Object.fromEntries(
      Object.entries(words)
        .filter(([, verb]) => definition.verbs.includes(verb))
        .map(([method, verb]) => [method, operation(verb, kind)]),
    );
  return [
    [collection, operations({ get: 'list', post: 'create', delete: 'deletecollection' })],
    [
      `${collection}/{name}`,
      operations({ get: 'get', put: 'update', patch: 'patch', delete: 'delete' }),
    ],
  ];
}

const WRITES = new Set(['create', 'update', 'patch']);

function operation(verb: string, kind: object): DocumentOperation {
  const names = WRITES.has(verb) ? ['dryRun', 'fieldManager', 'fieldValidation'] : [];
  return {
    parameters: names.map((name) => ({
      name,
      in: 'query',
      schema: { type: 'string', uniqueItems: true },
    })),
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': verb === 'create' ? 'post' : verb === 'update' ? 'put' : verb,
    'x-kubernetes-group-version-kind': kind,
  };
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** A custom resource's schema, with what every object has. */
function customSchema(
  { kind, schemas }: KindDefinition,
  groupVersion: GroupVersion,
): OpenApiSchema {
  const own = (schemas?.[groupVersion.version] ?? { type: 'object' }) as OpenApiSchema;
  return {
    ...own,
    type: 'object',
    properties: {
      ...own.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: `#/components/schemas/${META}` }] },
    },
    'x-kubernetes-group-version-kind': [{ ...groupVersion, kind }],
  };
}

/** `org.example.v1.Widget`, as the API server names the schemas of custom resources. */
function customName({ group, kind }: KindDefinition, { version }: GroupVersion): string {
  return [...group.split('.').toReversed(), version, kind].join('.');
}

function apiVersionOf({ group, version }: GroupVersion): string {
  return group === '' ? version : `${group}/${version}`;
}
