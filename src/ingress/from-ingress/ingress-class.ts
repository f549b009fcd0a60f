import type { Ingress, StoreReader } from '../../api/index.ts';
import { isClasslessWatched } from './controller-configuration.ts';

/** The controller that follows the specification. */
const SPECIFICATION_CONTROLLER = 'podlane.dev/ingress';
/** The controller that behaves as ingress-nginx. */
const NGINX_CONTROLLER = 'k8s.io/ingress-nginx';

/** The controllers that podlane stands for, as IngressClasses name them. */
const CONTROLLERS: readonly string[] = [SPECIFICATION_CONTROLLER, NGINX_CONTROLLER];

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_CLASS_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';

export type IngressPersonality = 'specification' | 'ingress-nginx';

/**
 * Which of our controllers serves an Ingress: the one that its class names, or, where it has none, the default class'.
 *
 * @returns undefined for Ingresses of other controllers, and of classes that are not there.
 * @see Kubernetes documentation, "Ingress class"; the annotation is the older form and counts where the field is unset.
 */
export function personalityOf(
  ingress: Ingress,
  reader: StoreReader,
): IngressPersonality | undefined {
  const named = ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.[CLASS_ANNOTATION];
  if (named !== undefined) {
    const controller = reader.get('IngressClass', undefined, named)?.spec?.controller;
    return personalityOfController(controller);
  }
  if (isClasslessWatched(reader)) return 'ingress-nginx';
  const classes = reader.list('IngressClass').filter(isDefault);
  return classes
    .map(({ spec }) => personalityOfController(spec?.controller))
    .find((personality) => personality !== undefined);
}

/** Whether an Ingress is ours to serve. */
export function isOurs(ingress: Ingress, reader: StoreReader): boolean {
  return personalityOf(ingress, reader) !== undefined;
}

/** A class whose controller nobody is here. */
export interface ForeignClass {
  readonly className: string;
  /** Absent where the class names none. */
  readonly controller: string | undefined;
}

/** The class of an Ingress, where it is there and its controller is not one of ours. */
export function foreignClassOf(ingress: Ingress, reader: StoreReader): ForeignClass | undefined {
  const className =
    ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.[CLASS_ANNOTATION];
  if (className === undefined) return undefined;
  const found = reader.get('IngressClass', undefined, className);
  if (found === undefined || isOurs(ingress, reader)) return undefined;
  return { className, controller: found.spec?.controller };
}

/** `IngressClass other: controller traefik.io/x is not served (served are …)` */
export function describeForeign({ className, controller = '(none)' }: ForeignClass): string {
  return `IngressClass ${className}: controller ${controller} is not served (served are ${CONTROLLERS.join(' and ')})`;
}

function isDefault({
  metadata: { annotations },
}: {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}): boolean {
  return annotations?.[DEFAULT_CLASS_ANNOTATION] === 'true';
}

function personalityOfController(controller: string | undefined): IngressPersonality | undefined {
  if (controller === SPECIFICATION_CONTROLLER) return 'specification';
  return controller === NGINX_CONTROLLER ? 'ingress-nginx' : undefined;
}
