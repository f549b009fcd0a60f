import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { ConfigMap } from '../types.ts';
import { AGE, NAME, text } from './columns.ts';
import { invalid } from './validate/field-errors.ts';
import {
  validateBase64,
  validateFrozen,
  validateKeys,
  validateSize,
} from './validate/key-values.ts';

/** Settings by key. */
export const CONFIG_MAP: KindRow<'ConfigMap'> = defineKind('ConfigMap', {
  validate: (configMap, old) => [
    ...(old ? validateFrozen(configMap, old, ['data', 'binaryData']) : []),
    ...validateData(configMap),
  ],
  columns: [
    NAME,
    text(
      'Data',
      ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    ),
    AGE,
  ],
});

function validateData({ data = {}, binaryData = {} }: ConfigMap): readonly FieldError[] {
  const twice = Object.keys(data).filter((key) => Object.hasOwn(binaryData, key));
  const text8 = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  const bytes = Object.values(binaryData).reduce(
    (sum, value) => sum + Buffer.byteLength(value, 'base64'),
    0,
  );
  return [
    ...validateKeys('data', data),
    ...twice.map((key) => invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')),
    ...validateKeys('binaryData', binaryData),
    ...validateBase64('binaryData', binaryData),
    ...validateSize('', text8 + bytes),
  ];
}
