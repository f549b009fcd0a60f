import { Buffer } from 'node:buffer';
import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import { checkDnsSubdomain } from '../../names.ts';
import type { KubeObject } from '../../object.ts';
import { at, count, fields, word } from '../object-path.ts';
import {
  forbidden,
  invalid,
  invalidEach,
  required,
  tooLong,
  type Errors,
} from '../validate/field-errors.ts';
import { validateInlineVolume } from './inline-volume.ts';
import { validateDriverName } from './volume-sources.ts';

const MAX_METADATA_BYTES = 256 * 1024;
const MAX_MESSAGE_BYTES = 1024;
const ONE_SOURCE = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

/** @see kubernetes `ValidateVolumeAttachment`, `ValidateVolumeAttachmentUpdate` */
export function validateVolumeAttachment(object: KubeObject, old: KubeObject | undefined): Errors {
  const volume = at(object, 'spec.source.persistentVolumeName');
  const nodeName = word(object, 'spec.nodeName');
  return [
    ...validateDriverName('spec.attacher', word(object, 'spec.attacher')),
    ...validateSource('spec.source', fields(object, 'spec.source')),
    ...invalidEach('spec.nodeName', nodeName, checkDnsSubdomain(nodeName)),
    ...validateMetadata(fields(object, 'status.attachmentMetadata')),
    ...validateProblem('status.attachError', at(object, 'status.attachError')),
    ...validateProblem('status.detachError', at(object, 'status.detachError')),
    ...(typeof volume === 'string'
      ? invalidEach('spec.source.persistentVolumeName', volume, checkDnsSubdomain(volume))
      : []),
    ...(old === undefined || deepEqual(object['spec'], old['spec'])
      ? []
      : [invalid('spec', goSpec(object), 'field is immutable')]),
  ];
}

/** The spec as Go prints it. */
function goSpec(object: KubeObject): object {
  const source = fields(object, 'spec.source');
  return {
    Attacher: word(object, 'spec.attacher'),
    Source: {
      PersistentVolumeName: source['persistentVolumeName'] ?? null,
      InlineVolumeSpec: source['inlineVolumeSpec'] ?? null,
    },
    NodeName: word(object, 'spec.nodeName'),
  };
}

function validateSource(field: string, source: Readonly<Record<string, unknown>>): Errors {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source;
  if (inline === undefined && name === undefined) return [required(field, ONE_SOURCE)];
  if (inline !== undefined && name !== undefined) return [forbidden(field, ONE_SOURCE)];
  if (name === '')
    return [
      required(`${field}.persistentVolumeName`, 'must specify non empty persistentVolumeName'),
    ];
  return inline === undefined
    ? []
    : validateInlineVolume(`${field}.inlineVolumeSpec`, fields(source, 'inlineVolumeSpec'));
}

function validateMetadata(metadata: Readonly<Record<string, unknown>>): Errors {
  const bytes = Object.entries(metadata).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  return bytes > MAX_METADATA_BYTES
    ? [tooLong('status.attachmentMetadata', MAX_METADATA_BYTES)]
    : [];
}

function validateProblem(field: string, problem: unknown): Errors {
  const errors: FieldError[] = [];
  // Upstream names the limit of the metadata.
  if (Buffer.byteLength(word(problem, 'message')) > MAX_MESSAGE_BYTES)
    errors.push(tooLong(`${field}.message`, MAX_METADATA_BYTES));
  const code = count(problem, 'errorCode');
  if (code < 0)
    errors.push(invalid(`${field}.errorCode`, code, 'must be between 0 and 2147483647, inclusive'));
  return errors;
}
