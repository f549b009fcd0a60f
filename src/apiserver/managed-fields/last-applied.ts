import { isJsonObject, type JsonObject, type KubeObject } from '../../api/index.ts';
import { apiVersionOf, type Target } from '../context.ts';
import { ApplyError } from './apply-error.ts';
import { compareFields } from './compare.ts';
import { difference, type FieldSet } from './field-set.ts';
import { fieldsSetBy } from './owned-fields.ts';
import { shown, typeOf, withoutManagers } from './ownership.ts';
import { checkTyped } from './typed-value.ts';

/** As whom `kubectl apply --server-side` applies: it takes over what `kubectl apply` has set. */
export const KUBECTL = 'kubectl';

/** Where kubectl keeps what it applied on its own side. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** All annotations together may have so many bytes. */
const MAX_ANNOTATIONS = 256 * 1024;

/**
 * What `kubectl apply` set the last time and is still so; undefined where nothing tells.
 *
 * @see apimachinery `lastAppliedManager`
 */
export function allowedByLastApplied(live: KubeObject, target: Target): FieldSet | undefined {
  const applied = parse(live.metadata.annotations?.[LAST_APPLIED] ?? '');
  if (applied === undefined || applied['apiVersion'] !== apiVersionOf(target)) return undefined;
  const type = typeOf(target);
  try {
    checkTyped(applied, type);
    const present = shown(withoutManagers(live), target);
    const { changed, removed } = compareFields(applied, present, type);
    return difference(difference(fieldsSetBy(applied, type), changed), removed);
  } catch (error) {
    if (error instanceof ApplyError) return undefined;
    throw error;
  }
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // What is no JSON tells nothing.
    return undefined;
  }
}

/** `object` with `config` as what kubectl applied last, where it says that at all. @see apimachinery `lastAppliedUpdater` */
export function withLastApplied(object: KubeObject, config: JsonObject): KubeObject {
  const { annotations = {} } = object.metadata;
  if ((annotations[LAST_APPLIED] ?? '') === '') return object;
  const { [LAST_APPLIED]: _, ...others } = annotations;
  const text = `${escapeHtml(JSON.stringify(sorted(withoutLastApplied(config))))}\n`;
  const all = { ...others, [LAST_APPLIED]: text };
  const size = Object.entries(all).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return {
    ...object,
    metadata: { ...object.metadata, annotations: size > MAX_ANNOTATIONS ? others : all },
  };
}

function withoutLastApplied(config: JsonObject): JsonObject {
  const { metadata } = config;
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  if (!isJsonObject(metadata) || !isJsonObject(annotations)) return config;
  const { [LAST_APPLIED]: _, ...others } = annotations;
  return { ...config, metadata: { ...metadata, annotations: others } };
}

/** As Go writes JSON. */
function escapeHtml(json: string): string {
  return json.replaceAll(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** As Go writes maps. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(fields.map(([key, field]) => [key, sorted(field)]));
}
