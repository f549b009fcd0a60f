import { columnsOf, type Column, type KindDefinition, type KubeObject } from '../api/index.ts';
import { toVersion } from './convert.ts';
import { apiVersionOf, type Target } from './context.ts';
import { withZeroes } from './managed-fields/go-zeroes.ts';
import type { Representation } from './negotiate.ts';

/** What a request wants objects to look like. */
export interface View {
  readonly form: Representation;
  /** What a Table's rows carry of their object. @default 'Metadata' */
  readonly includeObject: IncludeObject;
  /** Milliseconds since 1970, for ages in Tables. */
  readonly now: number;
}

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** metav1.ListMeta. */
export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** One object as the client wants it. */
export function representObject(object: KubeObject, target: Target, view: View): object {
  const { form } = view;
  if (form.as === 'Table') {
    const { resourceVersion = '' } = object.metadata;
    return tableOf([object], target, { view, metadata: { resourceVersion }, hasColumns: true });
  }
  const shown = showObject(object, target);
  return form.as === undefined ? shown : partialOf(shown, form.version);
}

/** One frame's object of a watch; only the first of a Table watch says what its columns are. */
export function representFrame(
  object: KubeObject,
  target: Target,
  { view, isFirst }: { readonly view: View; readonly isFirst: boolean },
): object {
  if (view.form.as !== 'Table') return representObject(object, target, view);
  const { resourceVersion = '' } = object.metadata;
  return tableOf([object], target, { view, metadata: { resourceVersion }, hasColumns: isFirst });
}

/** In the version that was asked for, with the zeroes that Go writes. */
function showObject(object: KubeObject, { definition, version }: Target): KubeObject {
  const shown = toVersion(object, definition, version);
  return definition.origin === 'builtin' ? withZeroes(shown) : shown;
}

/** A list as the client wants it. */
export function representList(
  objects: readonly KubeObject[],
  target: Target,
  { view, metadata }: { readonly view: View; readonly metadata: ListMeta },
): object {
  const { definition } = target;
  const { form } = view;
  if (form.as === 'Table') return tableOf(objects, target, { view, metadata, hasColumns: true });
  const shown = objects.map((object) => showObject(object, target));
  if (form.as === 'PartialObjectMetadata')
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: `meta.k8s.io/${form.version}`,
      metadata,
      items: shown.map((object) => partialOf(object, form.version)),
    };
  return {
    kind: `${definition.kind}List`,
    apiVersion: apiVersionOf(target),
    metadata,
    items: definition.origin === 'builtin' ? shown.map(withoutTypeMeta) : shown,
  };
}

/** Items of built-in lists do not say what they are. */
function withoutTypeMeta({ apiVersion: _apiVersion, kind: _kind, ...rest }: KubeObject): object {
  return rest;
}

function partialOf({ metadata }: KubeObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata };
}

interface TableParts {
  readonly view: View;
  readonly metadata: ListMeta;
  readonly hasColumns: boolean;
}

/** metav1.Table, its cells from what is stored; @see Kubernetes API concepts, receiving resources as Tables */
function tableOf(
  objects: readonly KubeObject[],
  target: Target,
  { view, metadata, hasColumns }: TableParts,
): object {
  const { definition } = target;
  const columns = columnsOf(definition);
  const { version } = view.form.as === 'Table' ? view.form : { version: 'v1' };
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: hasColumns ? columns.map(columnDefinition) : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.value(object, view.now)),
      ...rowConditions(definition, object),
      object: rowObject(showObject(object, target), view.includeObject, version),
    })),
  };
}

/** The texts that upstream takes from its type's comments are left out: nothing prints them. */
function columnDefinition({ name, type, format = '', priority }: Column): object {
  return { name, type, format, description: '', priority };
}

/** kubectl greys out what is finished by this. */
function rowConditions(definition: KindDefinition, object: KubeObject): object {
  if (definition.name !== 'Pod') return {};
  const { phase } = (object['status'] ?? {}) as { readonly phase?: string };
  if (phase !== 'Succeeded' && phase !== 'Failed') return {};
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.';
  return { conditions: [{ type: 'Completed', status: 'True', reason: phase, message }] };
}

function rowObject(object: KubeObject, include: IncludeObject, version: string): object | null {
  if (include === 'None') return null;
  return include === 'Object' ? object : partialOf(withoutTemplateGeneration(object), version);
}

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** An annotation of the version that is served, which Tables are not made from. */
function withoutTemplateGeneration(object: KubeObject): KubeObject {
  const { annotations } = object.metadata;
  if (object.kind !== 'DaemonSet' || annotations?.[TEMPLATE_GENERATION] === undefined)
    return object;
  const { [TEMPLATE_GENERATION]: _, ...others } = annotations;
  const { annotations: __, ...metadata } = object.metadata;
  const isBare = Object.keys(others).length === 0;
  return { ...object, metadata: isBare ? metadata : { ...metadata, annotations: others } };
}
