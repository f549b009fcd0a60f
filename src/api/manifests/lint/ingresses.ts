import type { IngressBackend, IngressServiceBackend, ServicePort } from '../../types.ts';
import { describeObject } from '../describe-object.ts';
import { nearestName } from '../../../net/index.ts';
import type { Problem } from '../problem.ts';
import { isJsonObject } from '../../patch/index.ts';
import { namespaceOf, type DocumentOf, type LintInput } from './rule.ts';

/** Ingresses that name what is not there: Services, their ports, certificates, classes. */
export function lintIngresses(input: LintInput): readonly Problem[] {
  return input
    .ofKind('Ingress')
    .flatMap((document) => [
      ...lintClass(document, input),
      ...lintSecrets(document, input),
      ...backendsOf(document).flatMap((backend) => lintBackend(document, backend, input)),
    ]);
}

type IngressDocument = DocumentOf<'Ingress'>;

function lintClass(document: IngressDocument, input: LintInput): readonly Problem[] {
  const { ingressClassName: name } = document.object.spec ?? {};
  const names = input.ofKind('IngressClass').map(({ object }) => object.metadata.name);
  if (name === undefined || names.includes(name)) return [];
  if (input.exists('IngressClass', undefined, name)) return [];
  return [
    warn(document, 'spec.ingressClassName', {
      message: `IngressClass "${name}" is not in the manifests`,
      ...didYouMean(nearestName(name, names)),
    }),
  ];
}

function lintSecrets(document: IngressDocument, input: LintInput): readonly Problem[] {
  const namespace = namespaceOf(document);
  const names = namesIn(input, 'Secret', namespace);
  return (document.object.spec?.tls ?? []).flatMap(({ secretName }, index) => {
    if (secretName === undefined || names.includes(secretName)) return [];
    if (input.exists('Secret', namespace, secretName)) return [];
    if (isIssued(document, secretName, input)) return [];
    return [
      warn(document, `spec.tls[${index}].secretName`, {
        message: `Secret "${secretName}" is not in namespace ${namespace}; the default certificate is served`,
        ...didYouMean(nearestName(secretName, names)),
      }),
    ];
  });
}

/** cert-manager makes the Secret, when a Certificate or an annotation asks for it. */
function isIssued(document: IngressDocument, secretName: string, input: LintInput): boolean {
  const { annotations = {} } = document.object.metadata;
  if (Object.keys(annotations).some((key) => /^cert-manager\.io\/(?:cluster-)?issuer$/.test(key)))
    return true;
  return input.documents.some(
    ({ object: { kind, spec } }) =>
      kind === 'Certificate' && isJsonObject(spec) && spec['secretName'] === secretName,
  );
}

interface Backend {
  readonly path: string;
  readonly service: IngressServiceBackend;
}

function backendsOf({ object }: IngressDocument): readonly Backend[] {
  const at = (path: string, backend: IngressBackend | undefined): readonly Backend[] =>
    backend?.service === undefined ? [] : [{ path: `${path}.service`, service: backend.service }];
  const rules = (object.spec?.rules ?? []).flatMap(({ http }, rule) =>
    (http?.paths ?? []).flatMap(({ backend }, index) =>
      at(`spec.rules[${rule}].http.paths[${index}].backend`, backend),
    ),
  );
  return [...at('spec.defaultBackend', object.spec?.defaultBackend), ...rules];
}

function lintBackend(
  document: IngressDocument,
  { path, service: { name, port } }: Backend,
  input: LintInput,
): readonly Problem[] {
  const namespace = namespaceOf(document);
  const service = input
    .ofKind('Service')
    .findLast(
      (candidate) =>
        candidate.object.metadata.name === name && namespaceOf(candidate) === namespace,
    );
  if (service === undefined) {
    if (input.exists('Service', namespace, name)) return [];
    return [
      warn(document, `${path}.name`, {
        message: `Service "${name}" is not in namespace ${namespace}`,
        ...didYouMean(nearestName(name, namesIn(input, 'Service', namespace))),
      }),
    ];
  }
  const ports = service.object.spec?.ports ?? [];
  if (port === undefined || ports.length === 0) return [];
  const isThere = (own: ServicePort): boolean =>
    port.name === undefined ? own.port === port.number : own.name === port.name;
  if (ports.some(isThere)) return [];
  const names = ports.flatMap((own) => own.name ?? []);
  const numbers = ports.map((own) => own.port).join(', ');
  return port.name === undefined
    ? [
        warn(document, `${path}.port.number`, {
          message: `Service "${name}" has no port ${port.number}`,
          hint: `It has ${numbers}.`,
        }),
      ]
    : [
        warn(document, `${path}.port.name`, {
          message: `Service "${name}" has no port named "${port.name}"`,
          ...didYouMean(nearestName(port.name, names) ?? names[0]),
        }),
      ];
}

function namesIn(
  input: LintInput,
  kind: 'Service' | 'Secret',
  namespace: string,
): readonly string[] {
  return input
    .ofKind(kind)
    .filter((document) => namespaceOf(document) === namespace)
    .map(({ object }) => object.metadata.name);
}

function warn(
  document: IngressDocument,
  path: string,
  wrong: { readonly message: string; readonly hint?: string },
): Problem {
  return {
    severity: 'warning',
    position: document.positionOf(path),
    object: describeObject(document.object),
    ...wrong,
  };
}

function didYouMean(nearest: string | undefined): { readonly hint?: string } {
  return nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` };
}
