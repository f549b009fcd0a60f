import type { KindDefinition, KubeObject } from '../api/index.ts';

/** Rewrites an object of one version of its kind into another; both ways are needed for each pair. */
interface Conversion {
  readonly kind: string;
  /** From the stored version. */
  readonly to: string;
  read(object: KubeObject): KubeObject;
  /** Into the stored version. */
  write(object: KubeObject): KubeObject;
}

/** Versions that differ in more than their name. */
const CONVERSIONS: readonly Conversion[] = [];

/** `object`, as it is stored, in `version`; the same object where nothing has to change. */
export function toVersion(
  object: KubeObject,
  definition: KindDefinition,
  version: string,
): KubeObject {
  if (version === definition.version) return object;
  const apiVersion = versionName(definition, version);
  const conversion = conversionOf(definition, apiVersion);
  return { ...(conversion?.read(object) ?? object), apiVersion };
}

/** `object`, as a client sent it in `version`, as it is stored. */
export function toStored(
  object: KubeObject,
  definition: KindDefinition,
  version: string,
): KubeObject {
  if (version === definition.version) return object;
  const conversion = conversionOf(definition, versionName(definition, version));
  return {
    ...(conversion?.write(object) ?? object),
    apiVersion: versionName(definition, definition.version),
  };
}

function conversionOf({ name }: KindDefinition, to: string): Conversion | undefined {
  return CONVERSIONS.find((conversion) => conversion.kind === name && conversion.to === to);
}

function versionName({ group }: KindDefinition, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}
