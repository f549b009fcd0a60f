/** What the level `restricted` demands besides: that a Pod gives up all rights that it can do without. */
import type { Container } from '../../types.ts';
import { seccompProfile } from './baseline.ts';
import {
  named,
  nameSetters,
  namesOf,
  plural,
  quoted,
  sorted,
  useOf,
  type CheckPod,
} from './judged-pod.ts';

const BIND_SERVICE = 'NET_BIND_SERVICE';
const VOLUMES: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** Processes that may have more rights than those who start them. */
export const allowPrivilegeEscalation: CheckPod = ({ containers }) => {
  const bad = containers.filter(
    ({ securityContext: context }) => context?.allowPrivilegeEscalation !== false,
  );
  if (bad.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${nameSetters({ containers: bad })} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

/** Capabilities that are not given up, or asked for. */
export const capabilities: CheckPod = ({ containers }) => {
  const kept = containers.filter(
    ({ securityContext: context }) => context?.capabilities?.drop?.includes('ALL') !== true,
  );
  const addedBy = ({ securityContext: context }: Container): readonly string[] =>
    (context?.capabilities?.add ?? []).filter((capability) => capability !== BIND_SERVICE);
  const adding = containers.filter((container) => addedBy(container).length > 0);
  if (kept.length === 0 && adding.length === 0) return undefined;
  const keeps = `${nameSetters({ containers: kept })} must set securityContext.capabilities.drop=["ALL"]`;
  const added = quoted(sorted(adding.flatMap(addedBy)));
  const adds = `${nameSetters({ containers: adding })} must not include ${added} in securityContext.capabilities.add`;
  return {
    reason: 'unrestricted capabilities',
    detail: [...(kept.length > 0 ? [keeps] : []), ...(adding.length > 0 ? [adds] : [])].join('; '),
  };
};

/** Volumes of types that are not the cluster's own. */
export const restrictedVolumes: CheckPod = ({ spec }) => {
  const bad = (spec.volumes ?? []).flatMap(({ name, ...sources }) => {
    const types = Object.keys(sources);
    return types.some((type) => VOLUMES.has(type)) ? [] : [{ name, type: types[0] ?? 'unknown' }];
  });
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(({ type }) => type));
  return {
    reason: 'restricted volume types',
    detail: `${named('volume', namesOf(bad))} ${useOf(bad)} ${plural('restricted volume type', types)} ${quoted(types)}`,
  };
};

/** Images whose user is root. */
export const runAsNonRoot: CheckPod = ({ spec, containers }) => {
  const settingOf = ({ securityContext: context }: Pick<Container, 'securityContext'>) =>
    context?.runAsNonRoot;
  const own = settingOf(spec);
  const refusing = containers.filter((container) => settingOf(container) === false);
  const reason = 'runAsNonRoot != true';
  const who = nameSetters({ isPod: own === false, containers: refusing });
  if (who !== '')
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  if (own === true) return undefined;
  const silent = containers.filter((container) => settingOf(container) === undefined);
  if (silent.length === 0) return undefined;
  return {
    reason,
    detail: `pod or ${nameSetters({ containers: silent })} must set securityContext.runAsNonRoot=true`,
  };
};

/** Root, by its number. */
export const runAsUser: CheckPod = ({ spec, containers }) => {
  const isRoot = ({ securityContext: context }: Pick<Container, 'securityContext'>): boolean =>
    context?.runAsUser === 0;
  const who = nameSetters({ isPod: isRoot(spec), containers: containers.filter(isRoot) });
  return who === ''
    ? undefined
    : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
};

/** No filter of system calls at all. */
export const seccompProfileSet: CheckPod = (pod) => {
  const { spec, containers } = pod;
  const forbidden = seccompProfile(pod);
  if (forbidden !== undefined || spec.securityContext?.seccompProfile !== undefined)
    return forbidden;
  const silent = containers.filter(
    ({ securityContext: context }) => context?.seccompProfile === undefined,
  );
  if (silent.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${nameSetters({ containers: silent })} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};
