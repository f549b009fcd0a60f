/** What the level `baseline` forbids: known ways to more rights than a Pod is given. */
import type { AppArmorProfile, Container, SELinuxOptions } from '../../types.ts';
import {
  namesOf,
  nameSetters,
  named,
  plural,
  quoted,
  sorted,
  useOf,
  type CheckPod,
} from './judged-pod.ts';

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const CONTAINER_SECCOMP = 'container.seccomp.security.alpha.kubernetes.io/';
const PROFILES: readonly string[] = ['Localhost', 'RuntimeDefault'];
const CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

/** Profiles of AppArmor by field, and by the annotations of before. */
export const appArmorProfile: CheckPod = ({ annotations, spec, containers }) => {
  const isForbidden = (profile: AppArmorProfile | undefined): profile is AppArmorProfile =>
    profile !== undefined && !PROFILES.includes(profile.type);
  const own = spec.securityContext?.appArmorProfile;
  const bad = containers.filter(({ securityContext: context }) =>
    isForbidden(context?.appArmorProfile),
  );
  const types = [own, ...bad.map(({ securityContext: context }) => context?.appArmorProfile)]
    .filter(isForbidden)
    .map(({ type }) => type);
  const annotated = Object.entries(annotations)
    .filter(
      ([key, value]) =>
        key.startsWith(APP_ARMOR) && !/^($|runtime\/default$|localhost\/)/.test(value),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const values = [...sorted(types), ...sorted(annotated)];
  if (values.length === 0) return undefined;
  const setters = nameSetters({ isPod: isForbidden(own), containers: bad });
  const annotation = annotated.length === 0 ? '' : plural('annotation', annotated);
  const who = [setters, annotation].filter((text) => text !== '').join(' and ');
  return {
    reason: plural('forbidden AppArmor profile', values),
    detail: `${who} must not set AppArmor profile type to ${quoted(values)}`,
  };
};

/** Capabilities besides those that runtimes give by themselves. */
export const capabilities: CheckPod = ({ containers }) => {
  const addedBy = ({ securityContext: context }: Container): readonly string[] =>
    (context?.capabilities?.add ?? []).filter((capability) => !CAPABILITIES.has(capability));
  const bad = containers.filter((container) => addedBy(container).length > 0);
  if (bad.length === 0) return undefined;
  const added = quoted(sorted(bad.flatMap(addedBy)));
  return {
    reason: 'non-default capabilities',
    detail: `${nameSetters({ containers: bad })} must not include ${added} in securityContext.capabilities.add`,
  };
};

/** Namespaces of the host. */
export const hostNamespaces: CheckPod = ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field]);
  if (shared.length === 0) return undefined;
  const detail = shared.map((field) => `${field}=true`).join(', ');
  return { reason: 'host namespaces', detail };
};

/** Folders of the host. */
export const hostPathVolumes: CheckPod = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined);
  if (bad.length === 0) return undefined;
  return { reason: 'hostPath volumes', detail: named('volume', namesOf(bad)) };
};

/** Ports of the host. */
export const hostPorts: CheckPod = ({ containers }) => {
  const portsOf = ({ ports = [] }: Container): readonly string[] =>
    ports
      .map(({ hostPort = 0 }) => hostPort)
      .filter((port) => port !== 0)
      .map(String);
  const bad = containers.filter((container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sorted(bad.flatMap(portsOf));
  const taken = `${plural('hostPort', ports)} ${ports.join(', ')}`;
  return {
    reason: 'hostPort',
    detail: `${nameSetters({ containers: bad })} ${useOf(bad)} ${taken}`,
  };
};

/** Probes and hooks that lead elsewhere than to the Pod itself. */
export const probeHosts: CheckPod = ({ containers }) => {
  const hostsOf = (container: Container): readonly string[] => {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
    return [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
      .flatMap((handler) => [handler?.httpGet?.host ?? '', handler?.tcpSocket?.host ?? ''])
      .filter((host) => host !== '');
  };
  const bad = containers.filter((container) => hostsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const [names, hosts] = [sorted(namesOf(bad)), sorted(bad.flatMap(hostsOf))];
  return {
    reason: 'probe or lifecycle host',
    detail: `${named('container', names)} ${useOf(names)} ${named('probe or lifecycle host', hosts)}`,
  };
};

/** Containers with all rights of the host. */
export const privileged: CheckPod = ({ containers }) => {
  const bad = containers.filter(({ securityContext: context }) => context?.privileged === true);
  if (bad.length === 0) return undefined;
  const who = nameSetters({ containers: bad });
  return { reason: 'privileged', detail: `${who} must not set securityContext.privileged=true` };
};

/** All of `/proc`. */
export const procMount: CheckPod = ({ containers }) => {
  const mountOf = ({ securityContext: context }: Container): string =>
    context?.procMount ?? 'Default';
  const bad = containers.filter((container) => mountOf(container) !== 'Default');
  if (bad.length === 0) return undefined;
  const mounts = quoted(sorted(bad.map(mountOf)));
  return {
    reason: 'procMount',
    detail: `${nameSetters({ containers: bad })} must not set securityContext.procMount to ${mounts}`,
  };
};

/** Labels of SELinux other than those of containers. */
export function seLinuxOptions(allowed: readonly string[]): CheckPod {
  const isForbidden = (options: SELinuxOptions | undefined): options is SELinuxOptions =>
    options !== undefined &&
    !(allowed.includes(options.type ?? '') && !options.user && !options.role);
  return ({ spec, containers }) => {
    const own = spec.securityContext?.seLinuxOptions;
    const bad = containers.filter(({ securityContext: context }) =>
      isForbidden(context?.seLinuxOptions),
    );
    const options = [own, ...bad.map(({ securityContext: context }) => context?.seLinuxOptions)];
    const set = options.filter(isForbidden);
    if (set.length === 0) return undefined;
    const types = sorted(
      set.map(({ type = '' }) => type).filter((type) => !allowed.includes(type)),
    );
    const faults = [
      ...(types.length > 0 ? [named('type', types)] : []),
      ...(set.some(({ user }) => user) ? ['user may not be set'] : []),
      ...(set.some(({ role }) => role) ? ['role may not be set'] : []),
    ];
    const who = nameSetters({ isPod: isForbidden(own), containers: bad });
    return {
      reason: 'seLinuxOptions',
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${faults.join('; ')}`,
    };
  };
}

/** Filters of system calls, by the annotations of before they had fields. */
export const seccompAnnotations: CheckPod = ({ annotations, containers }) => {
  const keys = [SECCOMP, ...containers.map(({ name }) => `${CONTAINER_SECCOMP}${name}`)];
  const bad = keys.flatMap((key) => {
    const value = annotations[key];
    const isAllowed =
      value === undefined || /^(runtime\/default$|docker\/default$|localhost\/)/.test(value);
    return isAllowed ? [] : [`${key}=${JSON.stringify(value)}`];
  });
  if (bad.length === 0) return undefined;
  const set = sorted(bad);
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural('annotation', set)} ${set.join(', ')}`,
  };
};

/** Filters of system calls that filter nothing. */
export const seccompProfile: CheckPod = ({ spec, containers }) => {
  const typeOf = ({ securityContext: context }: Pick<Container, 'securityContext'>): string =>
    context?.seccompProfile?.type ?? 'RuntimeDefault';
  const isForbidden = (setter: Pick<Container, 'securityContext'>): boolean =>
    !PROFILES.includes(typeOf(setter));
  const bad = containers.filter(isForbidden);
  const isPod = isForbidden(spec);
  if (bad.length === 0 && !isPod) return undefined;
  const types = sorted([...(isPod ? [typeOf(spec)] : []), ...bad.map(typeOf)]);
  const who = nameSetters({ isPod, containers: bad });
  return {
    reason: 'seccompProfile',
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(types)}`,
  };
};

/** Settings of the kernel that reach beyond the Pod. */
export function sysctls(allowed: readonly string[]): CheckPod {
  return ({ spec }) => {
    const bad = namesOf(spec.securityContext?.sysctls ?? []).filter(
      (name) => !allowed.includes(name),
    );
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };
}

/** Containers of Windows that are processes of the host. */
export const windowsHostProcess: CheckPod = ({ spec, containers }) => {
  const isForbidden = ({ securityContext: context }: Pick<Container, 'securityContext'>): boolean =>
    context?.windowsOptions?.hostProcess === true;
  const who = nameSetters({ isPod: isForbidden(spec), containers: containers.filter(isForbidden) });
  return who === ''
    ? undefined
    : {
        reason: 'hostProcess',
        detail: `${who} must not set securityContext.windowsOptions.hostProcess=true`,
      };
};
