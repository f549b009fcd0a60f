import type { FieldError } from '../../errors.ts';
import type { DownwardAPIVolumeFile, KeyToPath } from '../../types.ts';
import { invalid, required } from '../validate/field-errors.ts';
import { validateFieldRef, validateResourceRef } from './field-selectors.ts';

/** Whether a path leads up somewhere. */
export function hasBacksteps(path: string): boolean {
  return path.includes('..') && path.split('/').includes('..');
}

/** A path that leads up nowhere. */
export function validateNoBacksteps(field: string, path: string): readonly FieldError[] {
  return hasBacksteps(path) ? [invalid(field, path, "must not contain '..'")] : [];
}

/** A path below another one. */
export function validateDescendingPath(field: string, path: string): readonly FieldError[] {
  return [
    ...(path.startsWith('/') ? [invalid(field, path, 'must be a relative path')] : []),
    ...validateNoBacksteps(field, path),
  ];
}

/** A file of a volume: names that begin with two dots are the kubelet's own. */
export function validateVolumeFile(field: string, path: string): readonly FieldError[] {
  return [
    ...validateDescendingPath(field, path),
    ...(path.startsWith('..') && !path.startsWith('../') && path !== '..'
      ? [invalid(field, path, "must not start with '..'")]
      : []),
  ];
}

const FILE_FIELDS: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
const MODE_PROBLEM = 'must be a number between 0 and 0777 (octal), both inclusive';

/** Which key becomes which file. */
export function validateKeyToPath(
  field: string,
  { key, path, mode }: KeyToPath,
): readonly FieldError[] {
  return [
    ...requireText(`${field}.key`, key),
    ...requireText(`${field}.path`, path),
    ...validateVolumeFile(`${field}.path`, path),
    ...validateMode(`${field}.mode`, mode),
  ];
}

/** @param field upstream names the source, and not the file */
export function validateDownwardFile(
  field: string,
  { path, fieldRef, resourceFieldRef, mode }: DownwardAPIVolumeFile,
): readonly FieldError[] {
  const errors: FieldError[] = [
    ...requireText(`${field}.path`, path),
    ...validateVolumeFile(`${field}.path`, path),
  ];
  if (fieldRef !== undefined)
    errors.push(
      ...validateFieldRef(`${field}.fieldRef`, fieldRef, FILE_FIELDS),
      ...(resourceFieldRef === undefined
        ? []
        : [
            invalid(
              field,
              'resource',
              'fieldRef and resourceFieldRef can not be specified simultaneously',
            ),
          ]),
    );
  else if (resourceFieldRef === undefined)
    errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
  else errors.push(...validateResourceRef(`${field}.resourceFieldRef`, resourceFieldRef, true));
  return [...errors, ...validateMode(`${field}.mode`, mode)];
}

/** A text that may not be missing. */
export function requireText(field: string, value: string | undefined): readonly FieldError[] {
  return value === undefined || value === '' ? [required(field)] : [];
}

/** Permissions of a file. */
export function validateMode(field: string, mode: number | undefined): readonly FieldError[] {
  return mode === undefined || (mode >= 0 && mode <= 0o777)
    ? []
    : [invalid(field, mode, MODE_PROBLEM)];
}
