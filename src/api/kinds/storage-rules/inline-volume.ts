import { items, word } from '../object-path.ts';
import { forbidden, required, type Errors } from '../validate/field-errors.ts';
import { validateAccessModes } from '../storage.ts';
import { validateSources } from './persistent-volume.ts';

const REFUSED = 'may not be specified in the context of inline volumes';

/** A volume within what attaches it: of a driver, and otherwise plain. @see kubernetes `ValidatePersistentVolumeSpec` */
export function validateInlineVolume(
  field: string,
  spec: Readonly<Record<string, unknown>>,
): Errors {
  const refuse = (names: readonly string[]): Errors =>
    names
      .filter((name) => spec[name] !== undefined && spec[name] !== '')
      .map((name) => forbidden(`${field}.${name}`, REFUSED));
  return [
    ...refuse(['claimRef', 'capacity']),
    ...(spec['csi'] === undefined
      ? [required(`${field}.csi`, 'has to be specified in the context of inline volumes')]
      : []),
    ...validateAccessModes(`${field}.accessModes`, items(spec, 'accessModes')),
    ...only(field, spec, { name: 'persistentVolumeReclaimPolicy', value: 'Retain', verb: 'be' }),
    ...refuse(['nodeAffinity']),
    ...validateSources(spec, { root: field, name: '' }),
    ...refuse(['storageClassName']),
    ...only(field, spec, { name: 'volumeMode', value: 'Filesystem', verb: 'specify' }),
  ];
}

function only(
  field: string,
  spec: Readonly<Record<string, unknown>>,
  { name, value, verb }: { readonly name: string; readonly value: string; readonly verb: string },
): Errors {
  if (['', value].includes(word(spec, name))) return [];
  const what = verb === 'be' ? 'only be ' : `not specify ${name} other than `;
  return [forbidden(`${field}.${name}`, `may ${what}${value} in the context of inline volumes`)];
}
