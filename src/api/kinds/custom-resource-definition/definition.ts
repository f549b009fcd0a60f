import { deepEqual } from '../../deep-equal.ts';
import type { KubeObject } from '../../object.ts';
import type {
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionStatus,
  CustomResourceDefinitionVersion,
} from '../../types.ts';

/** The spec of a definition. */
export function definitionSpec(object: KubeObject): CustomResourceDefinitionSpec {
  return object['spec'] ?? {}; // as the API's schema has it
}

/** The status of a definition. */
export function definitionStatus(object: KubeObject): CustomResourceDefinitionStatus {
  return object['status'] ?? {}; // as the API's schema has it
}

/** Whether a definition has this condition. */
export function isTrue({ conditions = [] }: CustomResourceDefinitionStatus, type: string): boolean {
  return conditions?.find((condition) => condition.type === type)?.status === 'True';
}

const PARTS = ['subresources', 'schema', 'additionalPrinterColumns', 'selectableFields'] as const;

/** What a version may say for itself, or all versions together. */
export type VersionParts = Pick<CustomResourceDefinitionVersion, (typeof PARTS)[number]>;

/** The spec as the API server looks at it: what all versions say alike is said once. */
export interface HoistedSpec extends Omit<CustomResourceDefinitionSpec, 'versions'> {
  readonly version: string;
  readonly versions: readonly CustomResourceDefinitionVersion[];
  readonly shared: VersionParts;
}

/** @see apiextensions `Convert_v1_CustomResourceDefinitionSpec_To_apiextensions_CustomResourceDefinitionSpec` */
export function hoist(spec: CustomResourceDefinitionSpec): HoistedSpec {
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
