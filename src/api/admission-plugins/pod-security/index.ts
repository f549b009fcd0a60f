/** Pod Security admission: which Pods a Namespace takes, by the levels in its labels. */
import type { RuledWrite, WrittenWarning } from '../../admission-rules.ts';
import { at } from '../../kinds/object-path.ts';
import { defaultPodTemplate } from '../../kinds/pod/defaults.ts';
import { readPodTemplate } from '../../kinds/workload/read-template.ts';
import type { KubeObject } from '../../object.ts';
import type { Pod, PodSpec, PodTemplateSpec } from '../../types.ts';
import { forbidden } from '../forbidden.ts';
import { evaluatePod, showDetails } from './evaluate.ts';
import { policyOf, showLevel, type Labels, type LevelVersion } from './level.ts';
import { checkNamespace } from './namespaces.ts';

/** Where kinds whose objects make Pods say which. */
const TEMPLATES: Readonly<Record<string, string>> = {
  CronJob: 'spec.jobTemplate.spec.template',
  DaemonSet: 'spec.template',
  Deployment: 'spec.template',
  Job: 'spec.template',
  PodTemplate: 'template',
  ReplicaSet: 'spec.template',
  ReplicationController: 'spec.template',
  StatefulSet: 'spec.template',
};
/** Others may name their kinds the same. */
const BUILT_IN = /^(?:v1$|apps\/|batch\/)/;
/** Subresources of Pods that change nothing of what is looked at. */
const IGNORED: ReadonlySet<string> = new Set(['binding', 'eviction', 'status']);

/**
 * Lets pass what the labels of its Namespace allow; who asks is told of what they warn of.
 *
 * Pods alone are refused: what makes them may come, and is told of.
 *
 * @throws ApiError Forbidden for a Pod, Invalid for a Namespace. @see kubernetes `plugin/pkg/admission/security/podsecurity`
 */
export function checkPodSecurity(write: RuledWrite): void {
  const { definition, object, subresource } = write;
  if (object === undefined) return;
  if (definition.name === 'Pod') {
    if (!IGNORED.has(subresource)) checkPod(write, object);
  } else if (subresource !== '') return;
  else if (definition.name === 'Namespace') checkNamespace(write, object);
  else checkTemplate(write, object);
}

/** What to tell of an object as a manifest has it, which comes to a Namespace of these labels. */
export function writtenWarning(labels: Labels, object: KubeObject): WrittenWarning | undefined {
  const { apiVersion, kind } = object;
  const path = kind === 'Pod' ? '' : TEMPLATES[kind];
  if (path === undefined || !BUILT_IN.test(apiVersion)) return undefined;
  const { enforce, warn } = policyOf(labels).policy;
  if (enforce.level === 'privileged' && warn.level === 'privileged') return undefined;
  const template = path === '' ? object : at(object, path);
  const pod = defaultPodTemplate(readPodTemplate(template));
  const refusal = violationText(enforce, pod);
  // A Pod itself is an error then.
  if (refusal !== undefined && path === '') return undefined;
  const text = refusal ?? violationText(warn, pod);
  return text === undefined ? undefined : { path, text, isRefused: refusal !== undefined };
}

function checkPod(write: RuledWrite, object: KubeObject): void {
  // Both are Pods by their kind.
  const [pod, old] = [object, write.old] as unknown as readonly [Pod, Pod | undefined];
  const { enforce, warn } = policyOf(labelsAround(write, object)).policy;
  if (enforce.level === 'privileged' && warn.level === 'privileged') return;
  if (old !== undefined && !isJudgedAnew(pod.spec, old.spec)) return;
  const details = showDetails(evaluatePod(enforce, pod));
  if (details !== '')
    throw forbidden(write, `violates PodSecurity "${showLevel(enforce)}": ${details}`);
  tell(write, warn, pod);
}

function checkTemplate(write: RuledWrite, object: KubeObject): void {
  const path = TEMPLATES[write.definition.name];
  if (path === undefined || write.request === undefined) return;
  const template = at(object, path);
  // The rules of its kind have seen to it.
  if (template !== undefined)
    tell(write, policyOf(labelsAround(write, object)).policy.warn, template as PodTemplateSpec);
}

function labelsAround({ store }: RuledWrite, { metadata: { namespace } }: KubeObject): Labels {
  return store.get('Namespace', undefined, namespace ?? '')?.metadata.labels ?? {};
}

function tell({ request }: RuledWrite, level: LevelVersion, pod: PodTemplateSpec): void {
  if (request === undefined) return;
  const text = violationText(level, pod);
  if (text !== undefined) request.warn(`would ${text}`);
}

function violationText(level: LevelVersion, pod: PodTemplateSpec): string | undefined {
  const details = showDetails(evaluatePod(level, pod));
  return details === '' ? undefined : `violate PodSecurity "${showLevel(level)}": ${details}`;
}

/** Of a Pod that is there only new containers and new images are judged: other changes pass. */
function isJudgedAnew(spec: PodSpec | undefined, old: PodSpec | undefined): boolean {
  return (['containers', 'initContainers', 'ephemeralContainers'] as const).some((list) => {
    const [now, before] = [spec?.[list] ?? [], old?.[list] ?? []];
    return (
      now.length !== before.length || now.some(({ image }, index) => image !== before[index]?.image)
    );
  });
}
