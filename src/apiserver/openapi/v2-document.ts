import type { KindRegistry, OpenApiSchema } from '../../api/index.ts';
import { groupsOf, versionsInGroup } from '../discovery/groups.ts';
import { groupVersionDocument, type DocumentOperation } from './document.ts';
import { protoMessage, type ProtoField } from './proto-writer.ts';
import { extension, namedSchemas } from './v2-schema.ts';

/** The fields of gnostic's `PathItem`. */
const METHODS: Readonly<Record<string, number>> = { get: 2, put: 3, post: 4, delete: 5, patch: 8 };

/**
 * OpenAPI v2 of everything that is served, as the message `Document` of gnostic's `OpenAPIv2.proto`.
 *
 * kubectl up to 1.28 takes no other form: it validates manifests with it, and explains fields.
 */
export function openApiV2(kinds: KindRegistry): Buffer {
  const documents = groupsOf(kinds).flatMap((group) =>
    versionsInGroup(group).map((version) =>
      groupVersionDocument(
        group.definitions.filter(({ versions }) => versions.includes(version)),
        { group: group.name, version },
      ),
    ),
  );
  const schemas = new Map<string, OpenApiSchema>(
    documents.flatMap(({ components }) => Object.entries(components.schemas)),
  );
  const paths = documents.flatMap((document) => Object.entries(document.paths));
  return protoMessage([
    [1, '2.0'],
    [
      2,
      protoMessage([
        [1, 'Kubernetes'],
        [2, 'v1.36.3'],
      ]),
    ],
    [8, protoMessage([[2, paths.map(pathMessage)]])],
    [9, namedSchemas([...schemas])],
  ]);
}

/** `NamedPathItem` */
function pathMessage([path, operations]: readonly [
  string,
  Readonly<Record<string, DocumentOperation>>,
]): Buffer {
  const fields = Object.entries(operations).flatMap(([method, operation]): ProtoField[] => {
    const number = METHODS[method];
    return number === undefined ? [] : [[number, operationMessage(operation)]];
  });
  return protoMessage([
    [1, path],
    [2, protoMessage(fields)],
  ]);
}

function operationMessage(operation: DocumentOperation): Buffer {
  return protoMessage([
    [8, operation.parameters.map(({ name }) => queryParameter(name))],
    [9, protoMessage([])],
    [
      13,
      [
        extension('x-kubernetes-action', operation['x-kubernetes-action']),
        extension('x-kubernetes-group-version-kind', operation['x-kubernetes-group-version-kind']),
      ],
    ],
  ]);
}

/** `ParametersItem` of a `Parameter` of a `NonBodyParameter` of a `QueryParameterSubSchema`. */
function queryParameter(name: string): Buffer {
  const schema = protoMessage([
    [2, 'query'],
    [4, name],
    [6, 'string'],
  ]);
  return [3, 2, 1].reduce((message, number) => protoMessage([[number, message]]), schema);
}
