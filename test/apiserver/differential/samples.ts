/** The objects that everything is tried with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createKindRegistry, KINDS } from '../../../src/api/index.ts';
import type { Json } from './damage.ts';

/** An object of `objects.yaml`. */
export interface Sample {
  readonly name: string;
  readonly object: Json;
  /** As `statuses.yaml` has it for the kind. */
  readonly status: unknown;
  readonly collection: string;
  readonly item: string;
}

/** The objects of `objects.yaml`, with where they live. */
export function samples(): readonly Sample[] {
  const kinds = createKindRegistry(KINDS);
  const statusOf = parse(read('statuses.yaml')) as Json;
  return (parse(read('objects.yaml')) as readonly Json[]).map((object) => {
    const { apiVersion, kind, metadata } = object as unknown as {
      readonly apiVersion: string;
      readonly kind: string;
      readonly metadata: { readonly name: string };
    };
    const { plural, isNamespaced } = kinds.byApiVersion(apiVersion, kind);
    const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const collection = `${base}${isNamespaced ? '/namespaces/default' : ''}/${plural}`;
    return {
      name: `${kind}/${metadata.name}`,
      object,
      status: statusOf[kind],
      collection,
      item: `${collection}/${metadata.name}`,
    };
  });
}

/** The text of a file beside this one. */
export function read(file: string): string {
  return readFileSync(join(import.meta.dirname, file), 'utf8');
}
