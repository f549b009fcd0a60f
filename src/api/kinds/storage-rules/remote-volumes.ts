import { parseIp } from '../../../net/index.ts';
import type { FieldError } from '../../errors.ts';
import { at, count, items, word } from '../object-path.ts';
import { invalid, notSupported, required, type Errors } from '../validate/field-errors.ts';
import { needed, type SourcePlace } from './source-place.ts';

const MAX_NAME_AND_PORTAL = 64;
const MAX_TENANT = 64;
const CACHING = ['None', 'ReadOnly', 'ReadWrite'];
const DISKS = ['Dedicated', 'Managed', 'Shared'];
const MANAGED_URI =
  '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

/** A disk of Azure. */
export function azureDisk(source: unknown, field: string): Errors {
  const [kind, uri] = [at(source, 'kind'), word(source, 'diskURI')];
  const isManaged = kind === 'Managed';
  const isRight = uri.startsWith(isManaged ? '/subscriptions/' : 'https://');
  return [
    ...needed(source, field, ['diskName', 'diskURI']),
    ...known(`${field}.cachingMode`, at(source, 'cachingMode'), CACHING),
    ...known(`${field}.kind`, kind, DISKS),
    ...(kind === undefined || isRight
      ? []
      : [notSupported(`${field}.diskURI`, uri, [isManaged ? MANAGED_URI : BLOB_URI])]),
  ];
}

function known(field: string, value: unknown, supported: readonly string[]): Errors {
  return value === undefined || (typeof value === 'string' && supported.includes(value))
    ? []
    : [notSupported(field, value, supported)];
}

/** A volume behind Fibre Channel. */
export function fibreChannel(source: unknown, field: string): Errors {
  const [targets, ids] = [items(source, 'targetWWNs'), items(source, 'wwids')];
  const lun = at(source, 'lun');
  const errors: FieldError[] = [];
  if (targets.length === 0 && ids.length === 0)
    errors.push(
      required(`${field}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'),
    );
  if (targets.length > 0 && ids.length > 0)
    errors.push(
      invalid(
        `${field}.targetWWNs`,
        targets,
        'targetWWNs and wwids can not be specified simultaneously',
      ),
    );
  if (targets.length === 0) return errors;
  return lun === undefined
    ? [...errors, required(`${field}.lun`, 'lun is required if targetWWNs is specified')]
    : [...errors, ...validateLun(`${field}.lun`, Number(lun))];
}

function validateLun(field: string, lun: number): Errors {
  return lun < 0 || lun > 255 ? [invalid(field, lun, 'must be between 0 and 255, inclusive')] : [];
}

const HOST_PORTS = 'must be a host:port pair or multiple pairs separated by commas';

/** A volume of Quobyte. */
export function quobyte(source: unknown, field: string): Errors {
  const registry = word(source, 'registry');
  const isTooLong = word(source, 'tenant').length > MAX_TENANT;
  const wrong = registry.split(',').filter((pair) => !isHostPort(pair));
  const errors =
    registry === ''
      ? [required(`${field}.registry`, HOST_PORTS)]
      : isTooLong
        ? [
            required(
              `${field}.tenant`,
              'must be a UUID and may not exceed a length of 64 characters',
            ),
          ]
        : wrong.map(() => invalid(`${field}.registry`, registry, HOST_PORTS));
  return [...errors, ...needed(source, field, ['volume'])];
}

/** As Go splits them: one colon, or an address in brackets. */
function isHostPort(text: string): boolean {
  const [, address] = /^\[(.*)\]:[^:]*$/.exec(text) ?? [];
  return address === undefined ? /^[^:[\]]*:[^:[\]]*$/.test(text) : parseIp(address) !== undefined;
}

const NAMES: readonly (readonly [prefix: string, pattern: RegExp])[] = [
  ['iqn', /iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/],
  ['eui', /^eui.[A-Za-z0-9]{16}$/],
  ['naa', /^naa.[A-Za-z0-9]{32}$/],
];
const TOO_LONG =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

/** A volume behind iSCSI. */
export function iscsi(source: unknown, place: SourcePlace): Errors {
  const { field, isPersistent } = place;
  const [portal, qualified] = [word(source, 'targetPortal'), word(source, 'iqn')];
  const unlike = isPersistent
    ? 'must be valid format'
    : 'must be valid format starting with iqn, eui, or naa';
  const initiator = at(source, 'initiatorName');
  const tooLong = portalErrors(initiator, portal, place);
  return [
    ...needed(source, field, ['targetPortal']),
    ...(isPersistent ? tooLong : []),
    ...(qualified === ''
      ? [required(`${field}.iqn`)]
      : iscsiName(`${field}.iqn`, qualified, unlike)),
    ...validateLun(`${field}.lun`, count(source, 'lun')),
    ...chapErrors(source, place),
    ...(typeof initiator === 'string'
      ? iscsiName(`${field}.initiatorname`, initiator, unlike)
      : []),
    ...(isPersistent ? [] : tooLong),
  ];
}

function portalErrors(initiator: unknown, portal: string, place: SourcePlace): Errors {
  const { field, name, isPersistent } = place;
  if (initiator === undefined || `${name}:${portal}`.length <= MAX_NAME_AND_PORTAL) return [];
  return isPersistent
    ? [invalid(`${field}.targetportal`, portal, TOO_LONG)]
    : [invalid(field.replace(/iscsi$/, 'name'), name, TOO_LONG)];
}

function chapErrors(source: unknown, { field, isPersistent }: SourcePlace): Errors {
  const isUsed = at(source, 'chapAuthDiscovery') === true || at(source, 'chapAuthSession') === true;
  const secret = at(source, 'secretRef');
  if (secret === undefined) return isUsed ? [required(`${field}.secretRef`)] : [];
  return isPersistent ? needed(secret, `${field}.secretRef`, ['name']) : [];
}

function iscsiName(field: string, name: string, unlike: string): Errors {
  const kind = NAMES.find(([prefix]) => name.startsWith(prefix));
  if (kind === undefined) return [invalid(field, name, unlike)];
  return kind[1].test(name) ? [] : [invalid(field, name, 'must be valid format')];
}
