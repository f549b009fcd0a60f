import type { FieldError } from '../../errors.ts';
import { checkQualifiedName } from '../../names.ts';
import type {
  Container,
  ExecAction,
  HTTPGetAction,
  LifecycleHandler,
  Probe,
  TCPSocketAction,
} from '../../types.ts';
import { forbidden, invalid, invalidEach, oneOf, required } from '../validate/field-errors.ts';
import { PORT_RANGE_PROBLEM, validatePortNumber, validatePortOrName } from '../validate/ports.ts';

const ONE_HANDLER = 'may not specify more than 1 handler type';
const NO_HANDLER = 'must specify a handler type';
const NOT_NEGATIVE = 'must be greater than or equal to 0';

/** What a probe or a lifecycle hook may do; exactly one of these is given. */
type Handler = LifecycleHandler & Pick<Probe, 'grpc'>;

/** Probes and hooks of one container. */
export function validateProbes(
  field: string,
  container: Container,
  graceSeconds: number | undefined,
): readonly FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  const onlyOne = 'must be 1';
  return [
    ...validateHook(`${field}.lifecycle.postStart`, lifecycle?.postStart, graceSeconds),
    ...validateHook(`${field}.lifecycle.preStop`, lifecycle?.preStop, graceSeconds),
    ...validateProbe(`${field}.livenessProbe`, livenessProbe, onlyOne),
    ...validateProbe(`${field}.readinessProbe`, readinessProbe),
    ...validateProbe(`${field}.startupProbe`, startupProbe, onlyOne),
  ];
}

function validateHook(
  field: string,
  handler: LifecycleHandler | undefined,
  graceSeconds: number | undefined,
): readonly FieldError[] {
  return handler === undefined ? [] : validateHandler(field, handler, graceSeconds);
}

function validateProbe(
  field: string,
  probe: Probe | undefined,
  onlyOneSuccess?: string,
): readonly FieldError[] {
  if (probe === undefined) return [];
  const errors = [...validateHandler(field, probe)];
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    const value = probe[name] ?? 0;
    if (value < 0) errors.push(invalid(`${field}.${name}`, value, NOT_NEGATIVE));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0)
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  if (onlyOneSuccess === undefined) {
    if (grace !== undefined)
      errors.push(
        invalid(
          `${field}.terminationGracePeriodSeconds`,
          grace,
          'must not be set for readinessProbes',
        ),
      );
  } else if (probe.successThreshold !== 1)
    errors.push(invalid(`${field}.successThreshold`, probe.successThreshold, onlyOneSuccess));
  return errors;
}

function validateHandler(
  field: string,
  handler: Handler,
  graceSeconds?: number,
): readonly FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const parts = [
    exec && (() => validateExec(`${field}.exec`, exec)),
    httpGet && (() => validateHttpGet(`${field}.httpGet`, httpGet)),
    tcpSocket && (() => validateTcpSocket(`${field}.tcpSocket`, tcpSocket)),
    grpc && (() => validatePortNumber(`${field}.grpc.port`, grpc.port)),
    sleep && (() => validateSleep(`${field}.sleep`, sleep.seconds, graceSeconds)),
  ];
  const names = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];
  const errors: FieldError[] = [];
  let seen = 0;
  parts.forEach((validate, index) => {
    if (validate === undefined) return;
    seen += 1;
    if (seen > 1) errors.push(forbidden(`${field}.${names[index] ?? ''}`, ONE_HANDLER));
    else errors.push(...validate());
  });
  return seen === 0 ? [...errors, required(field, NO_HANDLER)] : errors;
}

function validateSleep(
  field: string,
  seconds: number,
  graceSeconds: number | undefined,
): readonly FieldError[] {
  if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return [];
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
  return [invalid(field, seconds, detail)];
}

function validateExec(field: string, { command = [] }: ExecAction): readonly FieldError[] {
  return command.length === 0 ? [required(`${field}.command`)] : [];
}

function validateHttpGet(field: string, action: HTTPGetAction): readonly FieldError[] {
  const { path = '', port, scheme, httpHeaders = [] } = action;
  return [
    ...(path === '' ? [required(`${field}.path`)] : []),
    ...validatePort(`${field}.port`, port),
    ...oneOf(`${field}.scheme`, scheme, ['HTTP', 'HTTPS']),
    ...httpHeaders.flatMap(({ name }) =>
      /^[-A-Za-z0-9]+$/.test(name)
        ? []
        : invalidEach(`${field}.httpHeaders`, name, [
            "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
          ]),
    ),
  ];
}

function validateTcpSocket(field: string, { port }: TCPSocketAction): readonly FieldError[] {
  return validatePort(`${field}.port`, port);
}

function validatePort(field: string, port: number | string): readonly FieldError[] {
  return port === '' ? [invalid(field, 0, PORT_RANGE_PROBLEM)] : validatePortOrName(field, port);
}

/** A readiness gate names a condition. */
export function validateReadinessGates(
  field: string,
  gates: readonly { readonly conditionType: string }[] | undefined,
): readonly FieldError[] {
  return (gates ?? []).flatMap(({ conditionType }, index) =>
    invalidEach(
      `${field}[${index}].conditionType`,
      conditionType,
      checkQualifiedName(conditionType),
    ),
  );
}
