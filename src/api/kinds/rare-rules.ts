import type { FieldError } from '../errors.ts';
import type { KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { loadCelChecker } from './cel-checker.ts';

/** What is known of a kind that few write, besides how it is printed. */
export type RareRules = Pick<KindRow<string>, 'defaults' | 'prepareForUpdate' | 'validate'>;

type RulesByKind = Readonly<Record<string, RareRules>>;

/** Of modules that most runs never need: who brings such an object brings them. */
let loaded: RulesByKind = {};

const DEFINITION = 'CustomResourceDefinition.apiextensions.k8s.io';

/** Every cluster has it, and nobody looks at it again. */
const OWN_DEFINITION = 'clusternetworkpolicies.policy.networking.k8s.io';

const ADMISSION = 'admissionregistration.k8s.io';
const FLOW_CONTROL = 'flowcontrol.apiserver.k8s.io';

/** Workloads that have such rules. */
const WORKLOADS: ReadonlySet<string> = new Set([
  'CronJob.batch',
  'DaemonSet.apps',
  'Job.batch',
  'StatefulSet.apps',
]);

/** Every other kind that has such rules. */
const RARE: ReadonlySet<string> = new Set([
  'CertificateSigningRequest.certificates.k8s.io',
  `FlowSchema.${FLOW_CONTROL}`,
  'HorizontalPodAutoscaler.autoscaling',
  `MutatingWebhookConfiguration.${ADMISSION}`,
  `PriorityLevelConfiguration.${FLOW_CONTROL}`,
  'RuntimeClass.node.k8s.io',
  `ValidatingAdmissionPolicy.${ADMISSION}`,
  `ValidatingAdmissionPolicyBinding.${ADMISSION}`,
  `ValidatingWebhookConfiguration.${ADMISSION}`,
]);

/** Fields that hold expressions. */
const EXPRESSIONS = /"(?:x-kubernetes-validations|matchConditions|validations|auditAnnotations)"/;

/** Loads what judges `objects`; writes do not wait, so whoever writes awaits it first. */
export async function loadRareRules(objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const { apiVersion, kind, metadata } = object;
    // What a client left out is found fault with later.
    const name = `${kind}.${(apiVersion ?? '').split('/')[0] ?? ''}`;
    if (!hasRules(name) || (name === DEFINITION && metadata?.name === OWN_DEFINITION)) continue;
    if (loaded[name] === undefined) loaded = { ...loaded, ...(await loadRules(name)) };
    if (EXPRESSIONS.test(JSON.stringify(object))) await loadCelChecker();
  }
}

function hasRules(name: string): boolean {
  return name === DEFINITION || RARE.has(name) || WORKLOADS.has(name);
}

async function loadRules(name: string): Promise<RulesByKind> {
  if (RARE.has(name)) return (await import('./rare/index.ts')).RARE_RULES;
  if (WORKLOADS.has(name)) return (await import('./workload-rules/index.ts')).WORKLOAD_RULES;
  const { DEFINITION_RULES } = await import('./custom-resource-definition/index.ts');
  return { [DEFINITION]: DEFINITION_RULES };
}

/** The rules of a kind that is otherwise told here: nothing is wrong as long as nobody has brought an object of it. */
export function lateRules(
  kind: string,
): (object: object, old: object | undefined) => readonly FieldError[] {
  return (object, old) =>
    loaded[kind]?.validate?.(object as KubeObject, old as KubeObject | undefined) ?? [];
}

/** The part of a kind's row that does nothing as long as nobody has brought an object of it. */
export function rareRules(kind: string): RareRules {
  if (!hasRules(kind)) return {};
  return {
    defaults: (object, context) => loaded[kind]?.defaults?.(object, context) ?? object,
    prepareForUpdate: (object, old) => loaded[kind]?.prepareForUpdate?.(object, old) ?? object,
    validate: (object, old) => loaded[kind]?.validate?.(object, old) ?? [],
  };
}
