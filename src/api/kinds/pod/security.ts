import type { FieldError } from '../../errors.ts';
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from '../../types.ts';
import {
  duplicate,
  invalid,
  notSupported,
  optionalOneOf,
  required,
  tooLong,
} from '../validate/field-errors.ts';
import { validateDescendingPath } from './paths.ts';

const INT32_MAX = 2_147_483_647;
const PROFILES: readonly string[] = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const SYSCTL = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const MAX_SYSCTL = 253;
const MAX_PROFILE = 4095;

/** What all containers of a Pod run as. @see kubernetes `validatePodSpecSecurityContext` */
export function validatePodSecurity(field: string, spec: PodSpec): readonly FieldError[] {
  const { securityContext: context, hostPID, shareProcessNamespace } = spec;
  const path = `${field}.securityContext`;
  const isShared = shareProcessNamespace === true && hostPID === true;
  const sharing = isShared
    ? [
        invalid(
          `${path}.shareProcessNamespace`,
          true,
          'ShareProcessNamespace and HostPID cannot both be enabled',
        ),
      ]
    : [];
  if (context === undefined) return sharing;
  return [
    ...validateId(`${path}.fsGroup`, context.fsGroup),
    ...validateId(`${path}.runAsUser`, context.runAsUser),
    ...validateId(`${path}.runAsGroup`, context.runAsGroup),
    ...(context.supplementalGroups ?? []).flatMap((group, index) =>
      validateId(`${path}.supplementalGroups[${index}]`, group),
    ),
    ...sharing,
    ...validateSysctls(`${path}.sysctls`, context.sysctls ?? []),
    ...optionalOneOf(`${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, [
      'Always',
      'OnRootMismatch',
    ]),
    ...validateSeccomp(`${path}.seccompProfile`, context.seccompProfile),
    ...validateAppArmor(`${path}.appArmorProfile`, context.appArmorProfile),
    ...optionalOneOf(`${path}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, [
      'Merge',
      'Strict',
    ]),
    ...optionalOneOf(`${path}.seLinuxChangePolicy`, context.seLinuxChangePolicy, ['Recursive']),
  ];
}

/** What one container runs as. @see kubernetes `ValidateSecurityContext` */
export function validateSecurity(
  field: string,
  context: SecurityContext | undefined,
  hasHostUsers: boolean,
): readonly FieldError[] {
  if (context === undefined) return [];
  const { procMount, allowPrivilegeEscalation, privileged, capabilities } = context;
  const isContained = allowPrivilegeEscalation === false;
  const adds = capabilities?.add ?? [];
  return [
    ...validateId(`${field}.runAsUser`, context.runAsUser),
    ...validateId(`${field}.runAsGroup`, context.runAsGroup),
    ...optionalOneOf(`${field}.procMount`, procMount, ['Default', 'Unmasked']),
    ...(hasHostUsers && procMount === 'Unmasked'
      ? [invalid(`${field}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`')]
      : []),
    ...validateSeccomp(`${field}.seccompProfile`, context.seccompProfile),
    ...(isContained && privileged === true ? [refuse(field, context, '`privileged` to true')] : []),
    ...(isContained && adds.includes('CAP_SYS_ADMIN')
      ? [refuse(field, context, '`capabilities.Add` CAP_SYS_ADMIN')]
      : []),
    ...validateAppArmor(`${field}.appArmorProfile`, context.appArmorProfile),
  ];
}

function refuse(field: string, context: SecurityContext, what: string): FieldError {
  const detail = `cannot set \`allowPrivilegeEscalation\` to false and ${what}`;
  return invalid(field, shownContext(context), detail);
}

/** Fields of the struct in its order. */
const FIELDS = [
  'capabilities',
  'privileged',
  'seLinuxOptions',
  'windowsOptions',
  'runAsUser',
  'runAsGroup',
  'runAsNonRoot',
  'readOnlyRootFilesystem',
  'allowPrivilegeEscalation',
  'procMount',
  'seccompProfile',
  'appArmorProfile',
] as const satisfies readonly (keyof SecurityContext)[];

/** As Go has the struct. */
function shownContext(context: SecurityContext): unknown {
  const { capabilities, seccompProfile, appArmorProfile } = context;
  const shown = {
    ...context,
    capabilities: capabilities && {
      Add: capabilities.add ?? null,
      Drop: capabilities.drop ?? null,
    },
    seccompProfile: seccompProfile && shownProfile(seccompProfile),
    appArmorProfile: appArmorProfile && shownProfile(appArmorProfile),
  };
  const goName = (name: string): string =>
    name === 'seLinuxOptions' ? 'SELinuxOptions' : name.charAt(0).toUpperCase() + name.slice(1);
  return Object.fromEntries(FIELDS.map((name) => [goName(name), shown[name] ?? null]));
}

function shownProfile({ type, localhostProfile }: SeccompProfile): unknown {
  return { Type: type, LocalhostProfile: localhostProfile ?? null };
}

function validateId(field: string, id: number | undefined): readonly FieldError[] {
  return id === undefined || (id >= 0 && id <= INT32_MAX)
    ? []
    : [invalid(field, id, `must be between 0 and ${INT32_MAX}, inclusive`)];
}

function validateSysctls(
  field: string,
  sysctls: readonly { readonly name: string }[],
): readonly FieldError[] {
  const names = new Set<string>();
  return sysctls.flatMap(({ name }, index) => {
    const path = `${field}[${index}].name`;
    const isRight = name.length <= MAX_SYSCTL && new RegExp(SYSCTL).test(name);
    const isTaken = names.has(name);
    names.add(name);
    if (name === '') return [required(path)];
    if (!isRight)
      return [
        invalid(path, name, `must have at most ${MAX_SYSCTL} characters and match regex ${SYSCTL}`),
      ];
    return isTaken ? [duplicate(path, name)] : [];
  });
}

function validateSeccomp(
  field: string,
  profile: SeccompProfile | undefined,
): readonly FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile } = profile as Partial<SeccompProfile>; // what JSON leaves out
  const path = `${field}.localhostProfile`;
  const errors = validateType(`${field}.type`, type, 'seccompProfile');
  if (type === 'Localhost')
    return localhostProfile === undefined
      ? [...errors, required(path, 'must be set when seccomp type is Localhost')]
      : [...errors, ...validateDescendingPath(path, localhostProfile)];
  if (localhostProfile === undefined) return errors;
  const shown = shownProfile({ type, localhostProfile });
  return [...errors, invalid(path, shown, 'can only be set when seccomp type is Localhost')];
}

function validateType(field: string, type: string, what: string): readonly FieldError[] {
  if (type === '') return [required(field, `type is required when ${what} is set`)];
  return PROFILES.includes(type) ? [] : [notSupported(field, type, PROFILES)];
}

function validateAppArmor(
  field: string,
  profile: AppArmorProfile | undefined,
): readonly FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile } = profile as Partial<AppArmorProfile>; // what JSON leaves out
  const path = `${field}.localhostProfile`;
  if (type === 'Localhost') return validateLocalProfile(path, localhostProfile);
  const errors = validateType(`${field}.type`, type, 'appArmorProfile');
  return errors.length > 0 || localhostProfile === undefined
    ? errors
    : [invalid(path, localhostProfile, 'can only be set when AppArmor type is Localhost')];
}

function validateLocalProfile(field: string, profile: string = ''): readonly FieldError[] {
  if (profile === '') return [required(field, 'must be set when AppArmor type is Localhost')];
  return [
    ...(profile.trim() === profile
      ? []
      : [invalid(field, profile, 'must not be padded with whitespace')]),
    ...(profile.length > MAX_PROFILE ? [tooLong(field, MAX_PROFILE)] : []),
  ];
}
