/** What is asked, in groups that do not disturb each other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createKindRegistry, KINDS } from '../../../src/api/index.ts';
import type { Question } from './both.ts';
import { damage, type Json } from './damage.ts';

export interface Group {
  readonly group: string;
  readonly questions: readonly Question[];
}

/** Groups of one concern. */
export type Part = () => readonly Group[];

interface Sample {
  readonly name: string;
  readonly object: Json;
  readonly collection: string;
  readonly item: string;
}

/** Every part by name. */
export const PARTS: Readonly<Record<string, Part>> = { create: creates, update: updates };

/** Creates that change nothing, of every object and every damage to it. */
function creates(): readonly Group[] {
  return samples().map(({ name, object, collection }) => {
    const path = `${collection}?dryRun=All`;
    const wrong = damage(object).map((one) => ({
      name: one.name,
      method: 'POST',
      path,
      body: one.object,
    }));
    return {
      group: name,
      questions: [{ name: 'as it is', method: 'POST', path, body: object }, ...wrong],
    };
  });
}

/** The object made, then every damage to it as an update that changes nothing. */
function updates(): readonly Group[] {
  return samples().map(({ name, object, collection, item }) => {
    const path = `${item}?dryRun=All`;
    const questions = damage(object).map((one) => ({
      name: one.name,
      method: 'PUT',
      path,
      body: one.object,
    }));
    return {
      group: name,
      questions: [
        { name: 'made', method: 'POST', path: collection, body: object },
        ...questions,
        { name: 'gone', method: 'DELETE', path: item, body: { gracePeriodSeconds: 0 } },
      ],
    };
  });
}

/** The objects of `objects.yaml`, with where they live. */
export function samples(): readonly Sample[] {
  const kinds = createKindRegistry(KINDS);
  const text = readFileSync(join(import.meta.dirname, 'objects.yaml'), 'utf8');
  return (parse(text) as readonly Json[]).map((object) => {
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
      collection,
      item: `${collection}/${metadata.name}`,
    };
  });
}
