import type { PodTemplateSpec } from '../../types.ts';
import * as baseline from './baseline.ts';
import { judgedPod, type CheckPod, type Violation } from './judged-pod.ts';
import { minorOf, type LevelVersion } from './level.ts';
import * as restricted from './restricted.ts';

/** One thing that a level looks at, as it changed from release to release. */
interface Check {
  /** The minor version of Kubernetes 1 from which on it is so; rising. */
  readonly versions: readonly (readonly [since: number, check: CheckPod])[];
  /** The check of `baseline` that is not needed besides. */
  readonly instead?: Check;
}

const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];
const SYSCTLS_27 = [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports'];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];
const SELINUX = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

const always = (check: CheckPod): Check => ({ versions: [[0, check]] });

const CAPABILITIES = always(baseline.capabilities);
const HOST_PATHS = always(baseline.hostPathVolumes);
const PROC_MOUNT: Check = {
  versions: [
    [0, baseline.procMount],
    [35, unlessOwnUsers(baseline.procMount)],
  ],
};
const SECCOMP: Check = {
  versions: [
    [0, baseline.seccompAnnotations],
    [19, baseline.seccompProfile],
  ],
};

/** In the order of their names upstream, as what they find is told. @see pod-security-admission `policy` */
const BASELINE: readonly Check[] = [
  always(baseline.appArmorProfile),
  CAPABILITIES,
  always(baseline.hostNamespaces),
  HOST_PATHS,
  always(baseline.hostPorts),
  { versions: [[34, baseline.probeHosts]] },
  always(baseline.privileged),
  PROC_MOUNT,
  {
    versions: [
      [0, baseline.seLinuxOptions(SELINUX)],
      [31, baseline.seLinuxOptions([...SELINUX, 'container_engine_t'])],
    ],
  },
  SECCOMP,
  {
    versions: [
      [0, baseline.sysctls(SYSCTLS)],
      [27, baseline.sysctls(SYSCTLS_27)],
      [29, baseline.sysctls(SYSCTLS_29)],
      [32, baseline.sysctls(SYSCTLS_32)],
    ],
  },
  always(baseline.windowsHostProcess),
];

/** As above; those of the baseline come before. */
const RESTRICTED: readonly Check[] = [
  {
    versions: [
      [8, restricted.allowPrivilegeEscalation],
      [25, unlessWindows(restricted.allowPrivilegeEscalation)],
    ],
  },
  {
    versions: [
      [22, restricted.capabilities],
      [25, unlessWindows(restricted.capabilities)],
    ],
    instead: CAPABILITIES,
  },
  { versions: [[35, baseline.procMount]], instead: PROC_MOUNT },
  { versions: [[0, restricted.restrictedVolumes]], instead: HOST_PATHS },
  {
    versions: [
      [0, restricted.runAsNonRoot],
      [35, unlessOwnUsers(restricted.runAsNonRoot)],
    ],
  },
  {
    versions: [
      [23, restricted.runAsUser],
      [35, unlessOwnUsers(restricted.runAsUser)],
    ],
  },
  {
    versions: [
      [19, restricted.seccompProfileSet],
      [25, unlessWindows(restricted.seccompProfileSet)],
    ],
    instead: SECCOMP,
  },
];

/** What a Pod, or a template with its defaults, does that the level forbids. */
export function evaluatePod(policy: LevelVersion, pod: PodTemplateSpec): readonly Violation[] {
  if (policy.level === 'privileged') return [];
  const minor = minorOf(policy);
  const judged = judgedPod(pod);
  return checksOf(policy.level, minor).flatMap((check) => checkAt(check, minor)?.(judged) ?? []);
}

/** All that was found, with who does it. */
export function showDetails(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}

/** All that was found, in short. */
export function showReasons(violations: readonly Violation[]): string {
  return violations.map(({ reason }) => reason).join(', ');
}

function checksOf(level: 'baseline' | 'restricted', minor: number): readonly Check[] {
  if (level === 'baseline') return BASELINE;
  const replaced = RESTRICTED.filter((check) => checkAt(check, minor) !== undefined).map(
    ({ instead }) => instead,
  );
  return [...BASELINE.filter((check) => !replaced.includes(check)), ...RESTRICTED];
}

function checkAt({ versions }: Check, minor: number): CheckPod | undefined {
  return versions.findLast(([since]) => since <= minor)?.[1];
}

/** Pods of Windows have none of this. */
function unlessWindows(check: CheckPod): CheckPod {
  return (pod) => (pod.spec.os?.name === 'windows' ? undefined : check(pod));
}

/** Root in a Pod with users of its own is nobody on the host. */
function unlessOwnUsers(check: CheckPod): CheckPod {
  return (pod) => (pod.spec.hostUsers === false ? undefined : check(pod));
}
