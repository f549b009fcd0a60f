import t from 'tap';
import type { PodTemplateSpec } from '../../../../src/api/index.ts';
import {
  evaluatePod,
  showDetails,
  showReasons,
} from '../../../../src/api/admission-plugins/pod-security/evaluate.ts';
import type { Level } from '../../../../src/api/admission-plugins/pod-security/level.ts';

const KEPT = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const SAFE = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
const ALWAYS: object = { securityContext: SAFE, containers: [container('c', KEPT)] };

function container(name: string, securityContext: object = {}, more: object = {}): object {
  return { name, image: 'x', securityContext, ...more };
}

/** What a Pod of this spec does wrong. @param level `baseline:v1.20` */
function found(level: string, spec: object, annotations: Readonly<Record<string, string>> = {}) {
  const [name = '', version = ''] = level.split(':');
  // Tests write whole objects: what is left out is what a level is about.
  const pod = { metadata: { name: 'web', annotations }, spec } as unknown as PodTemplateSpec;
  return evaluatePod({ level: name as Level, version }, pod);
}

const cases: readonly {
  readonly name: string;
  readonly spec: object;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What each level says of it. */
  readonly says: Readonly<Record<string, string>>;
}[] = [
  {
    name: 'a Pod that gives up all it can',
    spec: ALWAYS,
    says: {
      'privileged:latest': '',
      'baseline:latest': '',
      'restricted:latest': '',
      'restricted:v1.0': '',
    },
  },
  {
    name: 'a Pod that says nothing',
    spec: { containers: [{ name: 'c' }] },
    says: {
      'baseline:latest': '',
      'restricted:v1.7':
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
      'restricted:v1.8':
        'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
      'restricted:latest':
        'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    },
  },
  {
    name: 'privileged containers of every sort',
    spec: {
      initContainers: [container('i', { privileged: true })],
      containers: [container('c', { privileged: false })],
      ephemeralContainers: [container('e', { privileged: true })],
    },
    says: {
      'privileged:latest': '',
      'baseline:v1.0':
        'privileged (containers "i", "e" must not set securityContext.privileged=true)',
    },
  },
  {
    name: 'profiles of AppArmor',
    spec: {
      securityContext: { appArmorProfile: { type: 'Unconfined' } },
      containers: [container('c', { appArmorProfile: { type: 'Localhost' } })],
    },
    annotations: {
      'container.apparmor.security.beta.kubernetes.io/d': 'unconfined',
      'container.apparmor.security.beta.kubernetes.io/c': 'localhost/mine',
    },
    says: {
      'baseline:latest':
        'forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/d="unconfined"")',
    },
  },
  {
    name: 'capabilities',
    spec: {
      containers: [
        container('a', { capabilities: { add: ['SYS_TIME', 'CHOWN'], drop: ['ALL'] } }),
        container('b', { capabilities: { add: ['NET_ADMIN', 'NET_BIND_SERVICE'] } }),
      ],
    },
    says: {
      'baseline:latest':
        'non-default capabilities (containers "a", "b" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add)',
      'restricted:v1.21':
        'non-default capabilities (containers "a", "b" must not include "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add), allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      'restricted:v1.22':
        'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "b" must set securityContext.capabilities.drop=["ALL"]; containers "a", "b" must not include "CHOWN", "NET_ADMIN", "SYS_TIME" in securityContext.capabilities.add), runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    },
  },
  {
    name: 'everything of the host',
    spec: {
      ...ALWAYS,
      hostNetwork: true,
      hostIPC: true,
      volumes: [{ name: 'v', hostPath: { path: '/' } }],
      containers: [
        container('a', KEPT, {
          ports: [{ containerPort: 80, hostPort: 80 }, { containerPort: 1 }],
        }),
        container('b', KEPT, { ports: [{ containerPort: 443, hostPort: 443 }] }),
      ],
    },
    says: {
      'baseline:latest':
        'host namespaces (hostNetwork=true, hostIPC=true), hostPath volumes (volume "v"), hostPort (containers "a", "b" use hostPorts 443, 80)',
      'restricted:latest':
        'host namespaces (hostNetwork=true, hostIPC=true), hostPort (containers "a", "b" use hostPorts 443, 80), restricted volume types (volume "v" uses restricted volume type "hostPath")',
    },
  },
  {
    name: 'volumes that are not of the cluster',
    spec: {
      ...ALWAYS,
      volumes: [
        { name: 'a', nfs: { server: 's', path: '/' } },
        { name: 'b', emptyDir: {} },
        { name: 'c', iscsi: {} },
        { name: 'd', nfs: {} },
      ],
    },
    says: {
      'baseline:latest': '',
      'restricted:v1.0':
        'restricted volume types (volumes "a", "c", "d" use restricted volume types "iscsi", "nfs")',
    },
  },
  {
    name: 'probes and hooks that lead elsewhere',
    spec: {
      containers: [
        container('b', {}, { readinessProbe: { tcpSocket: { port: 1, host: '' } } }),
        container('a', {}, { lifecycle: { preStop: { httpGet: { port: 1, host: 'b.example' } } } }),
        container('c', {}, { startupProbe: { tcpSocket: { port: 1, host: '192.0.2.1' } } }),
      ],
    },
    says: {
      'baseline:v1.33': '',
      'baseline:v1.34':
        'probe or lifecycle host (containers "a", "c" use probe or lifecycle hosts "192.0.2.1", "b.example")',
    },
  },
  {
    name: 'all of /proc',
    spec: { containers: [container('c', { procMount: 'Unmasked' })] },
    says: {
      'baseline:latest':
        'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    },
  },
  {
    name: 'root among users of its own',
    spec: {
      hostUsers: false,
      securityContext: { ...SAFE, runAsNonRoot: false, runAsUser: 0 },
      containers: [container('c', { ...KEPT, procMount: 'Unmasked', runAsUser: 0 })],
    },
    says: {
      'baseline:v1.34':
        'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
      'baseline:v1.35': '',
      'restricted:v1.34':
        'procMount (container "c" must not set securityContext.procMount to "Unmasked"), runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod and container "c" must not set runAsUser=0)',
      'restricted:v1.35':
        'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    },
  },
  {
    name: 'labels of SELinux',
    spec: {
      securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u' } },
      containers: [
        container('a', { seLinuxOptions: { type: 'container_engine_t' } }),
        container('b', { seLinuxOptions: { type: 'container_t', level: 's0' } }),
        container('c', { seLinuxOptions: { role: 'r' } }),
      ],
    },
    says: {
      'baseline:v1.30':
        'seLinuxOptions (pod and containers "a", "c" set forbidden securityContext.seLinuxOptions: types "container_engine_t", "spc_t"; user may not be set; role may not be set)',
      'baseline:v1.31':
        'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)',
    },
  },
  {
    name: 'filters of system calls',
    spec: {
      securityContext: { seccompProfile: { type: 'Unconfined' } },
      containers: [
        container('a', { seccompProfile: { type: 'Localhost' } }),
        container('b', { seccompProfile: { type: 'Unconfined' } }),
      ],
    },
    annotations: {
      'seccomp.security.alpha.kubernetes.io/pod': 'unconfined',
      'container.seccomp.security.alpha.kubernetes.io/a': 'docker/default',
      'container.seccomp.security.alpha.kubernetes.io/other': 'unconfined',
    },
    says: {
      'baseline:v1.18':
        'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
      'baseline:v1.19':
        'seccompProfile (pod and container "b" must not set securityContext.seccompProfile.type to "Unconfined")',
    },
  },
  {
    name: 'a filter that some containers set for themselves',
    spec: {
      securityContext: { runAsNonRoot: true },
      containers: [
        container('a', { ...KEPT, seccompProfile: { type: 'Localhost' } }),
        container('b', KEPT),
      ],
    },
    says: {
      'restricted:latest':
        'seccompProfile (pod or container "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    },
  },
  {
    name: 'settings of the kernel',
    spec: {
      securityContext: {
        sysctls: [
          'kernel.msgmax',
          'net.ipv4.tcp_rmem',
          'net.ipv4.tcp_fin_timeout',
          'net.ipv4.ip_local_reserved_ports',
          'kernel.shm_rmid_forced',
        ].map((name) => ({ name, value: '1' })),
      },
      containers: [],
    },
    says: {
      'baseline:v1.26':
        'forbidden sysctls (kernel.msgmax, net.ipv4.tcp_rmem, net.ipv4.tcp_fin_timeout, net.ipv4.ip_local_reserved_ports)',
      'baseline:v1.27':
        'forbidden sysctls (kernel.msgmax, net.ipv4.tcp_rmem, net.ipv4.tcp_fin_timeout)',
      'baseline:v1.29': 'forbidden sysctls (kernel.msgmax, net.ipv4.tcp_rmem)',
      'baseline:v1.32': 'forbidden sysctls (kernel.msgmax)',
      'baseline:v1.99': 'forbidden sysctls (kernel.msgmax)',
    },
  },
  {
    name: 'a Pod of Windows',
    spec: {
      os: { name: 'windows' },
      securityContext: { runAsNonRoot: true, windowsOptions: { hostProcess: true } },
      containers: [container('c', { windowsOptions: { hostProcess: true } }), { name: 'd' }],
    },
    says: {
      'baseline:latest':
        'hostProcess (pod and container "c" must not set securityContext.windowsOptions.hostProcess=true)',
      'restricted:v1.24':
        'hostProcess (pod and container "c" must not set securityContext.windowsOptions.hostProcess=true), allowPrivilegeEscalation != false (containers "c", "d" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "c", "d" must set securityContext.capabilities.drop=["ALL"]), seccompProfile (pod or containers "c", "d" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      'restricted:v1.25':
        'hostProcess (pod and container "c" must not set securityContext.windowsOptions.hostProcess=true)',
    },
  },
  {
    name: 'root by its number',
    spec: {
      ...ALWAYS,
      containers: [container('c', { ...KEPT, runAsUser: 0, runAsNonRoot: true })],
    },
    says: {
      'restricted:v1.22': '',
      'restricted:v1.23': 'runAsUser=0 (container "c" must not set runAsUser=0)',
    },
  },
];

for (const { name, spec, annotations, says } of cases)
  for (const [level, text] of Object.entries(says))
    t.test(`evaluatePod() of ${name} at ${level}`, async (t) => {
      t.equal(showDetails(found(level, spec, annotations)), text);
    });

t.test('showReasons() tells what is wrong in short', async (t) => {
  const violations = found('baseline:latest', {
    hostPID: true,
    containers: [container('c', { privileged: true })],
  });
  t.equal(showReasons(violations), 'host namespaces, privileged');
});
