import { canonicalAmounts } from '../../amounts.ts';
import type {
  Container,
  ContainerPort,
  EnvVar,
  HTTPGetAction,
  Lifecycle,
  LifecycleHandler,
  ObjectMeta,
  PodSpec,
  PodTemplateSpec,
  Probe,
  ResourceRequirements,
} from '../../types.ts';
import { compact, nonEmpty, nonEmptyList, nonZero } from '../validate/compact.ts';
import { defaultPullPolicy, defaultVolume } from './volume-defaults.ts';

/** Templates have no name, which the type of all metadata asks for. */
export const NO_METADATA = {} as ObjectMeta;

/** Defaults of a Pod's spec wherever it stands; a Pod itself gets a few more. @see kubernetes `SetDefaults_PodSpec` */
export function defaultPodSpec(given: PodSpec): PodSpec {
  return compact<PodSpec>({
    ...given,
    containers: given.containers.map(defaultContainer),
    initContainers: nonEmptyList(given.initContainers)?.map(defaultContainer),
    ephemeralContainers: nonEmptyList(given.ephemeralContainers)?.map((container) => ({
      ...container,
      ...defaultContainer(container),
    })),
    volumes: nonEmptyList(given.volumes)?.map(defaultVolume),
    restartPolicy: nonEmpty(given.restartPolicy) ?? 'Always',
    dnsPolicy: nonEmpty(given.dnsPolicy) ?? 'ClusterFirst',
    terminationGracePeriodSeconds: given.terminationGracePeriodSeconds ?? 30,
    schedulerName: nonEmpty(given.schedulerName) ?? 'default-scheduler',
    securityContext: given.securityContext ?? {},
    serviceAccountName: nonEmpty(given.serviceAccountName) ?? nonEmpty(given.serviceAccount),
    serviceAccount: nonEmpty(given.serviceAccountName) ?? nonEmpty(given.serviceAccount),
    nodeName: nonEmpty(given.nodeName),
    hostname: nonEmpty(given.hostname),
    subdomain: nonEmpty(given.subdomain),
    hostNetwork: given.hostNetwork === true ? true : undefined,
  });
}

/** Defaults of the Pod template in a workload. */
export function defaultPodTemplate(template: PodTemplateSpec): PodTemplateSpec {
  const { metadata, spec } = template;
  return {
    ...template,
    metadata: metadata ?? NO_METADATA,
    spec: defaultPodSpec({ ...spec, containers: spec?.containers ?? [] }),
  };
}

/** Amounts in the one way in which the API writes them. */
function canonicalResources<T extends ResourceRequirements>(resources: T): T {
  const { limits, requests } = resources;
  return {
    ...resources,
    ...(limits && { limits: canonicalAmounts(limits) }),
    ...(requests && { requests: canonicalAmounts(requests) }),
  };
}

function defaultContainer(container: Container): Container {
  const { image, env, lifecycle } = container;
  return compact<Container>({
    ...container,
    image: nonEmpty(image),
    ports: container.ports?.map(defaultPort),
    env: env?.map(defaultEnv),
    resources: canonicalResources(container.resources ?? {}),
    livenessProbe: container.livenessProbe && defaultProbe(container.livenessProbe),
    readinessProbe: container.readinessProbe && defaultProbe(container.readinessProbe),
    startupProbe: container.startupProbe && defaultProbe(container.startupProbe),
    lifecycle: lifecycle && defaultLifecycle(lifecycle),
    terminationMessagePath: nonEmpty(container.terminationMessagePath) ?? '/dev/termination-log',
    terminationMessagePolicy: nonEmpty(container.terminationMessagePolicy) ?? 'File',
    imagePullPolicy: nonEmpty(container.imagePullPolicy) ?? defaultPullPolicy(image ?? ''),
  });
}

function defaultPort(port: ContainerPort): ContainerPort {
  return compact<ContainerPort>({
    ...port,
    name: nonEmpty(port.name),
    protocol: nonEmpty(port.protocol) ?? 'TCP',
    hostPort: nonZero(port.hostPort),
  });
}

function defaultEnv(variable: EnvVar): EnvVar {
  const fieldRef = variable.valueFrom?.fieldRef;
  if (fieldRef === undefined) return variable;
  const apiVersion = nonEmpty(fieldRef.apiVersion) ?? 'v1';
  return {
    ...variable,
    valueFrom: { ...variable.valueFrom, fieldRef: { ...fieldRef, apiVersion } },
  };
}

function defaultProbe(probe: Probe): Probe {
  return compact<Probe>({
    ...probe,
    httpGet: probe.httpGet && defaultHttpGet(probe.httpGet),
    grpc: probe.grpc && { ...probe.grpc, service: probe.grpc.service ?? '' },
    initialDelaySeconds: nonZero(probe.initialDelaySeconds),
    timeoutSeconds: nonZero(probe.timeoutSeconds) ?? 1,
    periodSeconds: nonZero(probe.periodSeconds) ?? 10,
    successThreshold: nonZero(probe.successThreshold) ?? 1,
    failureThreshold: nonZero(probe.failureThreshold) ?? 3,
  });
}

function defaultHttpGet(action: HTTPGetAction): HTTPGetAction {
  return {
    ...action,
    path: nonEmpty(action.path) ?? '/',
    scheme: nonEmpty(action.scheme) ?? 'HTTP',
  };
}

/** Without the signal to stop with, which is behind a gate that 1.36 leaves off. */
function defaultLifecycle({ postStart, preStop }: Lifecycle): Lifecycle {
  const handler = (given: LifecycleHandler): LifecycleHandler =>
    given.httpGet === undefined ? given : { ...given, httpGet: defaultHttpGet(given.httpGet) };
  return {
    ...(postStart && { postStart: handler(postStart) }),
    ...(preStop && { preStop: handler(preStop) }),
  };
}
