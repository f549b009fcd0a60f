import type { KindDefinition } from './kind.ts';
import type * as webhookRules from './admission-plugins/webhook-rules.ts';
import type { ResourceQuota } from './admission-plugins/resource-quota/kind.ts';
import type { KubeObject } from './object.ts';
import type { KindRegistry } from './registry.ts';
import type { Store, StoreReader, WriteRequest } from './store.ts';
import type { ObjectMeta } from './types.ts';

/** One write, as rules that are objects themselves see it. */
export interface RuledWrite {
  readonly definition: KindDefinition;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  /** Absent where it is deleted. */
  readonly object: KubeObject | undefined;
  /** Absent where it is created. */
  readonly old: KubeObject | undefined;
  /** What the request is about. @default what the object says of itself */
  readonly place?: { readonly name: string; readonly namespace: string };
  /** `status`, `resize`; '' for the object itself. */
  readonly subresource: string;
  readonly isDryRun: boolean;
  /** Absent where a part of the cluster writes. */
  readonly request: WriteRequest | undefined;
  readonly store: StoreReader & Pick<Store, 'update'>;
  readonly kinds: KindRegistry;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Admission plugins whose rules are objects: LimitRanges, ResourceQuotas, Namespaces with levels for their Pods. */
export interface AdmissionPlugins {
  /** The object as the rules want it. @throws ApiError where they cannot be carried out. */
  mutate(write: RuledWrite, object: KubeObject): KubeObject;
  /** The object as it was left, still the one that the request is about. @throws ApiError where it is another one. */
  checkMutated(definition: KindDefinition, mutated: KubeObject, context: Mutated): KubeObject;
  /** @throws ApiError Forbidden for what is outside of a LimitRange. */
  checkLimits(write: RuledWrite): void;
  /** @throws ApiError Forbidden for a Pod that its Namespace does not take, Invalid for labels that say nothing. */
  checkPodSecurity(write: RuledWrite): void;
  /** What to tell of an object as a manifest has it, which comes to a Namespace of these labels. */
  writtenWarning(labels: Labels, object: KubeObject): WrittenWarning | undefined;
  /** What is to be written down once the write is certain. @throws ApiError Forbidden where a quota has no room. */
  checkQuotas(write: RuledWrite): Charge | undefined;
  /** The quota with what is used of it now; undefined where it says so already. */
  countQuota(quota: ResourceQuota, context: CountContext): ResourceQuota | undefined;
}

/** What the Pods of an object would do that a level forbids. */
export interface WrittenWarning {
  /** Where the object says it; '' for the whole of it. */
  readonly path: string;
  /** `violate PodSecurity "restricted:latest": …` */
  readonly text: string;
  /** Whether its Pods will not come. */
  readonly isRefused: boolean;
}

type Labels = Readonly<Record<string, string>>;

/** What an object was before policies and webhooks changed it. */
export interface Mutated {
  readonly given: KubeObject;
  readonly old: KubeObject | undefined;
}

/** What counting a quota looks at. */
export interface CountContext {
  readonly reader: StoreReader;
  readonly kinds: KindRegistry;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Writes down what a write takes of quotas. */
export type Charge = () => void;

/** Policies that are objects. */
export interface PolicyPlugin {
  /** The object as policies want it. @throws ApiError where one cannot be carried out. */
  mutate(write: RuledWrite, object: KubeObject): KubeObject;
  /** @throws ApiError of the reason that a policy gives. */
  validate(write: RuledWrite): void;
}

const POLICIES: ReadonlySet<string> = new Set([
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);
/** Those by which the store itself judges. */
const RULES: ReadonlySet<string> = new Set(['LimitRange', 'ResourceQuota', ...POLICIES]);
/** Kinds whose objects change others, or keep them from being written. */
const RULING: ReadonlySet<string> = new Set([
  ...RULES,
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
]);
const POD_SECURITY = 'pod-security.kubernetes.io/';

/** Both are needed where such objects are: who brings them brings the plugins. */
let plugins: AdmissionPlugins | undefined;
let policies: PolicyPlugin | undefined;

/** Loads the plugins where one of `objects` is a rule. Whoever writes rules awaits it first: writes do not wait. */
export function loadAdmissionPlugins(objects: readonly KubeObject[]): Promise<void> | undefined {
  return objects.some((object) => RULING.has(object.kind) || hasLevels(object))
    ? loadFor(objects)
    : undefined;
}

async function loadFor(objects: readonly KubeObject[]): Promise<void> {
  plugins ??= (await import('./admission-plugins/index.ts')).ADMISSION_PLUGINS;
  if (policies !== undefined || !objects.some(({ kind }) => POLICIES.has(kind))) return;
  policies = (await import('./admission-plugins/policies/index.ts')).POLICIES;
}

/** What the rules make of one write. */
interface Ruling {
  /** @throws ApiError */
  readonly mutate: (object: KubeObject) => KubeObject;
  /** @throws ApiError */
  readonly validate: (object: KubeObject | undefined) => Charge | undefined;
}

const NO_RULES: Ruling = { mutate: (object) => object, validate: () => undefined };

/** How many rules a store has: without any, writes are not looked at. */
export class RuleCount {
  #count = 0;

  /** An object came, became another one, or went. */
  track(object: KubeObject | undefined, old: KubeObject | undefined): void {
    this.#count += Number(isRule(object)) - Number(isRule(old));
  }

  /** @param describe what is to be written; not called where nothing rules it */
  rulingOf({ name }: KindDefinition, describe: () => RuledWrite): Ruling {
    const known = plugins;
    // A Namespace may be the first that rules something.
    const isRuled = this.#count > 0 || name === 'Namespace';
    if (!isRuled || known === undefined) return NO_RULES;
    const write = describe();
    return {
      mutate: (object) => {
        const limited = known.mutate(write, object);
        return policies?.mutate(write, limited) ?? limited;
      },
      validate: (object) => {
        const finished = { ...write, object };
        known.checkLimits(finished);
        known.checkPodSecurity(finished);
        policies?.validate(finished);
        return known.checkQuotas(finished);
      },
    };
  }
}

function isRule(object: KubeObject | undefined): boolean {
  return object !== undefined && (RULES.has(object.kind) || hasLevels(object));
}

/** Whether it is a Namespace that says something about the security of its Pods. */
function hasLevels({ kind, metadata }: KubeObject): boolean {
  // What a client left out is not known yet.
  const { labels }: Partial<ObjectMeta> = metadata ?? {};
  return (
    kind === 'Namespace' &&
    Object.keys(labels ?? {}).some((label) => label.startsWith(POD_SECURITY))
  );
}

/** What to tell of an object as a manifest has it, which comes to a Namespace of these labels, as far as the plugins are there. */
export function writtenWarning(labels: Labels, object: KubeObject): WrittenWarning | undefined {
  return plugins?.writtenWarning(labels, object);
}

/** The object as policies and webhooks left it. @throws ApiError where it is not the one that the request is about. */
export function checkMutated(
  definition: KindDefinition,
  mutated: KubeObject,
  context: Mutated,
): KubeObject {
  return plugins?.checkMutated(definition, mutated, context) ?? mutated;
}

/** The quota with what is used of it now; undefined where it says so already. */
export function countQuota(quota: ResourceQuota, context: CountContext): ResourceQuota | undefined {
  return plugins?.countQuota(quota, context);
}

/** What the API server asks about webhooks. */
export function loadWebhookRules(): Promise<typeof webhookRules> {
  return import('./admission-plugins/webhook-rules.ts');
}

/** What policies say to a request that writes no object of its resource. @throws ApiError of a policy's reason. */
export function judgeByPolicies(write: RuledWrite): void {
  policies?.validate(write);
}
