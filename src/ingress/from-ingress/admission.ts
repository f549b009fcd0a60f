import {
  ApiError,
  type Allocator,
  type Ingress,
  type KubeObject,
  type StoreReader,
} from '../../api/index.ts';
import { AdmissionRecord, type AdmissionFacts } from './admission-record.ts';
import { controllerOptions } from './controller-configuration.ts';
import type { ControllerOptions } from './controller-options.ts';
import { readBoolean, RISKS } from './annotations/index.ts';
import { personalityOf } from './ingress-class.ts';
import { inspectIngress } from './inspect-ingress.ts';
import { annotationNamed } from './read-annotations.ts';

/** What the manifests of ingress-nginx call their webhook. */
const WEBHOOK = 'validate.nginx.ingress.kubernetes.io';

export interface IngressAdmissionOptions {
  /** The store that the Ingress goes to, once there is one. */
  readonly reader: () => StoreReader;
  /** Milliseconds. */
  readonly now: () => number;
}

export interface IngressAdmission extends Allocator {
  readonly facts: () => AdmissionFacts;
}

/** The validating webhook of ingress-nginx: stands where its registration does, as in a cluster. */
export function createIngressAdmission({ reader, now }: IngressAdmissionOptions): IngressAdmission {
  const record = new AdmissionRecord();
  const check = (object: KubeObject, store: StoreReader): string | undefined => {
    // An Ingress by its kind, and read as one.
    const ingress = object as unknown as Ingress;
    if (!isRegistered(store) || personalityOf(ingress, store) !== 'ingress-nginx') return undefined;
    const startedAt = now();
    const problem = checkIngress(ingress, store);
    record.add({
      object,
      isAccepted: problem === undefined,
      ingresses: store.list('Ingress').length,
      tookMs: now() - startedAt,
    });
    return problem;
  };
  return {
    kinds: ['Ingress'],
    facts: () => record.facts,
    reserve: (object, old) => {
      const isWritten =
        old === undefined ||
        old['spec'] !== object['spec'] ||
        old.metadata.annotations !== object.metadata.annotations;
      const problem = isWritten ? check(object, reader()) : undefined;
      if (problem !== undefined)
        throw new ApiError(
          'BadRequest',
          `admission webhook "${WEBHOOK}" denied the request: ${problem}`,
        );
      return { object, commit: () => {}, rollback: () => {} };
    },
    release: (object) => record.forget(object),
  };
}

function isRegistered(store: StoreReader): boolean {
  return store
    .list<string>('ValidatingWebhookConfiguration.admissionregistration.k8s.io')
    .some(({ webhooks }) => Array.isArray(webhooks) && webhooks.some(isOurWebhook));
}

function isOurWebhook(webhook: unknown): boolean {
  return (
    typeof webhook === 'object' && webhook !== null && 'name' in webhook && webhook.name === WEBHOOK
  );
}

/**
 * Why ingress-nginx would refuse an Ingress; undefined where it would not.
 *
 * @see ingress-nginx, CheckIngress
 */
export function checkIngress(ingress: Ingress, store: StoreReader): string | undefined {
  if (personalityOf(ingress, store) !== 'ingress-nginx') return undefined;
  const controller = controllerOptions(store);
  return (
    checkCatchAll(ingress, controller) ??
    checkPaths(ingress, controller) ??
    checkAnnotations(ingress, controller) ??
    checkOverlap(ingress, store) ??
    inspectIngress(ingress)
  );
}

function checkCatchAll(
  { spec }: Ingress,
  { isCatchAllDisabled }: ControllerOptions,
): string | undefined {
  return isCatchAllDisabled && spec?.defaultBackend !== undefined
    ? "this deployment is trying to create a catch-all ingress while DisableCatchAll flag is set to true. Remove '.spec.defaultBackend' or set DisableCatchAll flag to false"
    : undefined;
}

function checkPaths(
  { spec }: Ingress,
  { isPathTypeStrict }: ControllerOptions,
): string | undefined {
  if (!isPathTypeStrict) return undefined;
  const wrong = (spec?.rules ?? [])
    .flatMap(({ http }) => http?.paths ?? [])
    .filter(
      ({ path = '', pathType }) =>
        path !== '' && pathType !== 'ImplementationSpecific' && !/^\/[A-Za-z\d._\-/]*$/.test(path),
    )
    .map(({ path, pathType }) => `path ${path} cannot be used with pathType ${pathType}`);
  return wrong.length === 0 ? undefined : `ingress contains invalid paths: ${wrong.join('\n')}`;
}

function checkAnnotations(
  { metadata }: Ingress,
  controller: ControllerOptions,
): string | undefined {
  const prefix = `${controller.annotationsPrefix}/`;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    if (!key.startsWith(prefix)) continue;
    const problem = checkAnnotation(key, value, controller);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkAnnotation(
  key: string,
  value: string,
  controller: ControllerOptions,
): string | undefined {
  const word = controller.wordBlocklist.find((blocked) => value.includes(blocked));
  if (word !== undefined) return `${key} annotation contains invalid word ${word}`;
  const annotation = annotationNamed(key.slice(controller.annotationsPrefix.length + 1));
  if (annotation === undefined) return undefined;
  if (annotation.support === 'refused' && !controller.isSnippetAllowed)
    return `${key} annotation cannot be used. Snippet directives are disabled by the Ingress administrator`;
  if (RISKS.indexOf(annotation.risk) > RISKS.indexOf(controller.riskLevel))
    return `annotation ${key} is too risky for environment`;
  return controller.isValidationEnabled && value !== '' && !annotation.accepts(value)
    ? `annotation ${key} contains invalid value`
    : undefined;
}

/** A path that another Ingress has; only a canary may have it too. */
function checkOverlap(ingress: Ingress, store: StoreReader): string | undefined {
  const prefix = controllerOptions(store).annotationsPrefix;
  const canaryOf = ({ metadata }: Ingress): string | undefined =>
    metadata.annotations?.[`${prefix}/canary`];
  const others = store
    .list('Ingress')
    .filter((other) => personalityOf(other, store) === 'ingress-nginx');
  for (const { host, path } of pathsOf(ingress)) {
    const existing = others.filter((other) =>
      pathsOf(other).some((own) => own.host === host && own.path === path),
    );
    if (existing.length === 0) continue;
    if (existing.some((other) => isSame(other, ingress))) return undefined;
    const clash = existing.find((other) => {
      const [ours, theirs] = [canaryOf(ingress), canaryOf(other)];
      const areCanaries = readBoolean(ours ?? '') === true && readBoolean(theirs ?? '') === true;
      return areCanaries || (ours === undefined && theirs === undefined);
    });
    if (clash !== undefined) {
      const { namespace, name } = clash.metadata;
      return `host "${host}" and path "${path}" is already defined in ingress ${namespace}/${name}`;
    }
    return undefined;
  }
  return undefined;
}

function pathsOf({ spec }: Ingress): readonly { readonly host: string; readonly path: string }[] {
  return (spec?.rules ?? []).flatMap(({ host = '_', http }) =>
    (http?.paths ?? []).flatMap(({ path = '', backend }) =>
      backend.service === undefined ? [] : [{ host, path: path === '' ? '/' : path }],
    ),
  );
}

function isSame(a: Ingress, b: Ingress): boolean {
  return a.metadata.namespace === b.metadata.namespace && a.metadata.name === b.metadata.name;
}
