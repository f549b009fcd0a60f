import type { FieldError } from '../errors.ts';
import type { KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import { celChecker, loadCelChecker } from './cel-checker.ts';

/** What is known of a kind that many runs do without, besides how it is printed. */
export type RareRules = Pick<KindRow<string>, 'defaults' | 'prepareForUpdate' | 'validate'>;

type RulesByKind = Readonly<Record<string, RareRules>>;
type Load = () => Promise<RulesByKind>;

/** Of modules that most runs never need: who brings such an object brings them. */
let loaded: RulesByKind = {};

const DEFINITION = 'CustomResourceDefinition.apiextensions.k8s.io';

/** Every cluster has it, and nobody looks at it again. */
const OWN_DEFINITION = 'clusternetworkpolicies.policy.networking.k8s.io';

const loadRare: Load = async () => (await import('./rare/index.ts')).RARE_RULES;
const loadStorage: Load = async () => (await import('./storage-rules/index.ts')).STORAGE_RULES;
const loadWorkloads: Load = async () => (await import('./workload-rules/index.ts')).WORKLOAD_RULES;
const loadDefinitions: Load = async () =>
  (await import('./custom-resource-definition/index.ts')).DEFINITION_RULES;

const ofGroup = (group: string, kinds: readonly string[]): readonly string[] =>
  kinds.map((kind) => `${kind}.${group}`);

/** Every kind that has such rules, by the module that knows them. */
const MODULES: readonly (readonly [load: Load, kinds: readonly string[]])[] = [
  [
    loadRare,
    [
      'LimitRange',
      'ResourceQuota',
      ...ofGroup('admissionregistration.k8s.io', [
        'MutatingAdmissionPolicy',
        'MutatingAdmissionPolicyBinding',
        'MutatingWebhookConfiguration',
        'ValidatingAdmissionPolicy',
        'ValidatingAdmissionPolicyBinding',
        'ValidatingWebhookConfiguration',
      ]),
      'CertificateSigningRequest.certificates.k8s.io',
      'HorizontalPodAutoscaler.autoscaling',
      'RuntimeClass.node.k8s.io',
      ...ofGroup('flowcontrol.apiserver.k8s.io', ['FlowSchema', 'PriorityLevelConfiguration']),
    ],
  ],
  [
    loadStorage,
    [
      'PersistentVolume',
      ...ofGroup('storage.k8s.io', [
        'CSIDriver',
        'CSINode',
        'CSIStorageCapacity',
        'StorageClass',
        'VolumeAttachment',
        'VolumeAttributesClass',
      ]),
    ],
  ],
  [
    loadWorkloads,
    [...ofGroup('apps', ['DaemonSet', 'StatefulSet']), ...ofGroup('batch', ['CronJob', 'Job'])],
  ],
  [loadDefinitions, [DEFINITION]],
];
const LOADS: ReadonlyMap<string, Load> = new Map(
  MODULES.flatMap(([load, kinds]) => kinds.map((kind) => [kind, load] as const)),
);

/** Fields that hold expressions. */
const EXPRESSIONS = /"(?:x-kubernetes-validations|matchConditions|validations|auditAnnotations)"/;

/** Loads what judges `objects`; writes do not wait, so whoever writes awaits it first. */
export function loadRareRules(objects: readonly KubeObject[]): Promise<void> | undefined {
  const ruled = objects.filter((object) => LOADS.has(nameOf(object)));
  return ruled.length === 0 ? undefined : loadFor(ruled);
}

async function loadFor(objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const name = nameOf(object);
    const load = LOADS.get(name);
    if (load === undefined) continue;
    // What a client left out is found fault with later.
    if (name === DEFINITION && object.metadata?.name === OWN_DEFINITION) continue;
    if (loaded[name] === undefined) loaded = { ...loaded, ...(await load()) };
    if (celChecker() === undefined && EXPRESSIONS.test(JSON.stringify(object)))
      await loadCelChecker();
  }
}

function nameOf({ kind, apiVersion = '' }: Partial<KubeObject>): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? `${kind}` : `${kind}.${apiVersion.slice(0, slash)}`;
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
  if (!LOADS.has(kind)) return {};
  return {
    defaults: (object, context) => loaded[kind]?.defaults?.(object, context) ?? object,
    prepareForUpdate: (object, old) => loaded[kind]?.prepareForUpdate?.(object, old) ?? object,
    validate: lateRules(kind),
  };
}
