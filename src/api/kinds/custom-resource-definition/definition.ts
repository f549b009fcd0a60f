import { deepEqual } from '../../deep-equal.ts';
import type { KubeObject } from '../../object.ts';
import type { JsonSchema } from './json-schema.ts';

/** What a kind is called. */
export interface DefinitionNames {
  readonly plural?: string;
  readonly singular?: string;
  readonly kind?: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** A column of `kubectl get`. */
export interface DefinitionColumn {
  readonly name?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath?: string;
}

/** Where a kind keeps its scale, and whether its status is apart. */
export interface DefinitionSubresources {
  readonly status?: object;
  readonly scale?: {
    readonly specReplicasPath?: string;
    readonly statusReplicasPath?: string;
    readonly labelSelectorPath?: string;
  };
}

/** What a version may say for itself, or all versions together. */
export interface VersionParts {
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema };
  readonly subresources?: DefinitionSubresources;
  readonly additionalPrinterColumns?: readonly DefinitionColumn[];
  readonly selectableFields?: readonly { readonly jsonPath?: string }[];
}

/** One version. */
export interface DefinitionVersion extends VersionParts {
  readonly name?: string;
  readonly served?: boolean;
  readonly storage?: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
}

/** Who converts between versions. */
export interface DefinitionConversion {
  readonly strategy?: string;
  readonly webhook?: {
    readonly clientConfig?: WebhookClient;
    readonly conversionReviewVersions?: readonly string[];
  };
}

/** Where a webhook is. */
export interface WebhookClient {
  readonly url?: string;
  readonly service?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly path?: string;
    readonly port?: number;
  };
  readonly caBundle?: string;
}

/** The spec as clients write it. */
export interface DefinitionSpec {
  readonly group?: string;
  readonly names?: DefinitionNames;
  readonly scope?: string;
  readonly versions?: readonly DefinitionVersion[];
  readonly conversion?: DefinitionConversion;
  readonly preserveUnknownFields?: boolean;
}

/** One thing that is known of a definition. */
export interface DefinitionCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** What became of a definition. */
export interface DefinitionStatus {
  readonly conditions?: readonly DefinitionCondition[];
  readonly acceptedNames?: DefinitionNames;
  readonly storedVersions?: readonly string[];
}

/** The spec of a definition. */
export function definitionSpec(object: KubeObject): DefinitionSpec {
  return object['spec'] ?? {}; // as the API's schema has it
}

/** The status of a definition. */
export function definitionStatus(object: KubeObject): DefinitionStatus {
  return object['status'] ?? {}; // as the API's schema has it
}

/** Whether a definition has this condition. */
export function isTrue({ conditions = [] }: DefinitionStatus, type: string): boolean {
  return conditions?.find((condition) => condition.type === type)?.status === 'True';
}

/** The spec as the API server looks at it: what all versions say alike is said once. */
export interface HoistedSpec extends Omit<DefinitionSpec, 'versions'> {
  readonly version: string;
  readonly versions: readonly DefinitionVersion[];
  readonly shared: VersionParts;
}

const PARTS = ['subresources', 'schema', 'additionalPrinterColumns', 'selectableFields'] as const;

/** @see apiextensions `Convert_v1_CustomResourceDefinitionSpec_To_apiextensions_CustomResourceDefinitionSpec` */
export function hoist(spec: DefinitionSpec): HoistedSpec {
  const { versions = [] } = spec;
  const [first] = versions;
  if (first === undefined) return { ...spec, version: '', versions, shared: {} };
  const alike = PARTS.filter((part) =>
    versions.every((version) => isSame(version[part], first[part])),
  );
  const shared = Object.fromEntries(
    alike.flatMap((part) => (first[part] === undefined ? [] : [[part, first[part]]])),
  );
  const own = versions.map((version) =>
    Object.fromEntries(
      Object.entries(version).filter(([field]) => !alike.some((part) => part === field)),
    ),
  );
  return { ...spec, version: first.name ?? '', versions: own, shared };
}

/** Go takes nothing and an empty list for the same. */
function isSame(left: unknown, right: unknown): boolean {
  const plain = (value: unknown): unknown =>
    Array.isArray(value) && value.length === 0 ? undefined : value;
  return deepEqual(plain(left), plain(right));
}
