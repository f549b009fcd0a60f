import type { Column } from '../../kind.ts';
import type { LabelSelector, PodTemplateSpec } from '../../types.ts';
import { showSelector, wide } from '../columns.ts';

/** A workload, as far as its wide columns look at it. */
interface WithTemplate {
  readonly spec?: { readonly template?: PodTemplateSpec; readonly selector?: LabelSelector };
}

/** Names of the template's containers. */
export const CONTAINERS: Column<WithTemplate> = wide('Containers', ({ spec }) =>
  containerNames(spec?.template),
);

/** Images of the template's containers. */
export const IMAGES: Column<WithTemplate> = wide('Images', ({ spec }) =>
  containerImages(spec?.template),
);

/** Which Pods are the workload's. */
export const SELECTOR: Column<WithTemplate> = wide('Selector', ({ spec }) =>
  showSelector(spec?.selector),
);

/** Names of a template's containers, in order. */
export function containerNames(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ name }) => name).join(',');
}

/** Images of a template's containers, in order. */
export function containerImages(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ image = '' }) => image).join(',');
}
