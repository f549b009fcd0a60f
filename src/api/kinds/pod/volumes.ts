import type { FieldError } from '../../errors.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../names.ts';
import { nanosOf } from '../../quantity.ts';
import type { KeyToPath, Volume } from '../../types.ts';
import { validateClaimSpec } from '../claim-spec.ts';
import { at, word } from '../object-path.ts';
import { rareVolumeErrors } from '../rare-volumes.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  oneOf,
  required,
} from '../validate/field-errors.ts';
import type { KnownVolumes } from './mounts.ts';
import {
  requireText,
  validateDownwardFile,
  validateKeyToPath,
  validateMode,
  validateNoBacksteps,
} from './paths.ts';
import { validateProjections } from './projections.ts';
import { validateTemplateMetadata } from './template-metadata.ts';

const HOST_PATH_TYPES: readonly string[] = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
const ONE_TYPE = 'may not specify more than 1 volume type';
const PULL_POLICIES: readonly string[] = ['Always', 'IfNotPresent', 'Never'];

/** In the order in which upstream looks for them. */
const SOURCES = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
] as const satisfies readonly (keyof Volume)[];

/** As upstream spells them where there are too many. */
const SPELT: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

/** Volumes of a Pod, and what is wrong with them. */
export interface JudgedVolumes {
  readonly errors: readonly FieldError[];
  /** Those without errors: containers know no others. */
  readonly known: KnownVolumes;
}

const NO_VOLUMES: JudgedVolumes = { errors: [], known: new Map() };

/** @param podName '' in a template: claims of its own are named after the Pod */
export function judgeVolumes(
  field: string,
  volumes: readonly Volume[] | undefined,
  podName: string,
): JudgedVolumes {
  if (volumes === undefined || volumes.length === 0) return NO_VOLUMES;
  const known = new Map<string, boolean>();
  const own = new Set(
    volumes
      .filter(({ ephemeral }) => ephemeral !== undefined && podName !== '')
      .map(({ name }) => `${podName}-${name}`),
  );
  const errors = volumes.flatMap((volume, index) => {
    const path = `${field}[${index}]`;
    const found = validateVolume(path, volume, podName);
    if (known.has(volume.name)) found.push(duplicate(`${path}.name`, volume.name));
    if (found.length === 0) known.set(volume.name, isClaim(volume));
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && own.has(claim))
      found.push(
        invalid(
          `${path}.persistentVolumeClaim.claimName`,
          claim,
          'must not reference a PVC that gets created for an ephemeral volume',
        ),
      );
    return found;
  });
  return { errors, known };
}

function isClaim({ persistentVolumeClaim, ephemeral }: Volume): boolean {
  return persistentVolumeClaim !== undefined || ephemeral !== undefined;
}

function validateVolume(field: string, volume: Volume, podName: string): FieldError[] {
  const { name } = volume;
  const errors: FieldError[] = [];
  let found = 0;
  for (const source of sourcesOf(volume)) {
    found += 1;
    if (found === 1)
      errors.push(...validateSource(`${field}.${source}`, source, { volume, podName }));
    else errors.push(forbidden(`${field}.${SPELT[source] ?? source}`, ONE_TYPE));
  }
  if (found === 0) errors.push(required(field, 'must specify a volume type'));
  if (volume.ephemeral !== undefined && found === 1 && podName !== '' && name !== '')
    errors.push(...validateClaimName(`${field}.name`, podName, name));
  if (name === '') errors.push(required(`${field}.name`));
  else errors.push(...invalidEach(`${field}.name`, name, checkDnsLabel(name)));
  return errors;
}

/** What a volume is made of, in upstream's order. */
function sourcesOf(volume: Volume): readonly Source[] {
  const given = Object.keys(volume).filter((field) => field !== 'name') as Source[]; // it has no other fields
  // Nearly all volumes have one.
  return given.length === 1 ? given : SOURCES.filter((source) => volume[source] !== undefined);
}

function validateClaimName(field: string, podName: string, name: string): readonly FieldError[] {
  const claim = `${podName}-${name}`;
  return checkDnsSubdomain(claim).map((text) =>
    invalid(field, name, `PVC name ${JSON.stringify(claim)}: ${text}`),
  );
}

type Source = (typeof SOURCES)[number];

/** What of volumes is not rare. */
const COMMON: Readonly<
  Partial<Record<Source, (field: string, volume: Volume, podName: string) => readonly FieldError[]>>
> = {
  emptyDir: (field, { emptyDir }) => validateSizeLimit(`${field}.sizeLimit`, emptyDir?.sizeLimit),
  hostPath: (field, { hostPath }) => validateHostPath(field, hostPath),
  secret: (field, { secret }) => [
    ...requireText(`${field}.secretName`, secret?.secretName),
    ...validateFiles(field, secret),
  ],
  configMap: (field, { configMap }) => [
    ...requireText(`${field}.name`, configMap?.name),
    ...validateFiles(field, configMap),
  ],
  persistentVolumeClaim: (field, { persistentVolumeClaim: claim }) =>
    requireText(`${field}.claimName`, claim?.claimName),
  downwardAPI: (field, { downwardAPI }) => [
    ...validateMode(`${field}.defaultMode`, downwardAPI?.defaultMode),
    ...(downwardAPI?.items ?? []).flatMap((file) => validateDownwardFile(field, file)),
  ],
  projected: (field, { projected }) => [
    ...validateMode(`${field}.defaultMode`, projected?.defaultMode),
    ...validateProjections(field, projected?.sources ?? []),
  ],
  ephemeral: (field, volume) => validateEphemeral(`${field}.volumeClaimTemplate`, volume),
  image: (field, { image }, podName) => [
    // A template may leave it to whoever makes Pods of it.
    ...(podName === '' ? [] : requireText(`${field}.reference`, image?.reference)),
    ...oneOf(`${field}.pullPolicy`, image?.pullPolicy, PULL_POLICIES),
  ],
};

function validateSource(
  field: string,
  source: Source,
  { volume, podName }: { readonly volume: Volume; readonly podName: string },
): readonly FieldError[] {
  const validate = COMMON[source];
  if (validate !== undefined) return validate(field, volume, podName);
  const place = { field, name: volume.name, isPersistent: false };
  return rareVolumeErrors(source, volume[source], place);
}

function validateSizeLimit(
  field: string,
  sizeLimit: string | number | undefined,
): readonly FieldError[] {
  return nanosOf(sizeLimit) < 0n
    ? [forbidden(field, 'SizeLimit field must be a valid resource quantity')]
    : [];
}

/** A directory or file of the Node. */
export function validateHostPath(field: string, source: unknown): readonly FieldError[] {
  const path = word(source, 'path');
  const type = at(source, 'type');
  if (path === '') return [required(`${field}.path`)];
  return [
    ...validateNoBacksteps(`${field}.path`, path),
    ...(typeof type !== 'string' || HOST_PATH_TYPES.includes(type)
      ? []
      : [notSupported(`${field}.type`, type, HOST_PATH_TYPES)]),
  ];
}

function validateFiles(
  field: string,
  {
    defaultMode,
    items = [],
  }: { readonly defaultMode?: number; readonly items?: readonly KeyToPath[] } = {},
): readonly FieldError[] {
  return [
    ...validateMode(`${field}.defaultMode`, defaultMode),
    ...items.flatMap((item, index) => validateKeyToPath(`${field}.items[${index}]`, item)),
  ];
}

function validateEphemeral(field: string, { ephemeral }: Volume): readonly FieldError[] {
  const template = ephemeral?.volumeClaimTemplate;
  if (template === undefined) return [required(field)];
  return [
    ...validateTemplateMetadata(field, template.metadata),
    ...validateClaimSpec(`${field}.spec`, template.spec),
  ];
}
