import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { Secret } from '../types.ts';
import { AGE, NAME, text } from './columns.ts';
import { compact, nonEmpty } from './validate/compact.ts';
import { invalid, required } from './validate/field-errors.ts';
import {
  validateBase64,
  validateFrozen,
  validateKeys,
  validateSize,
  type KeyValues,
} from './validate/key-values.ts';
import { validateImmutable } from './workload/validate.ts';

const ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name';

/** Settings that are not for everybody's eyes. */
export const SECRET: KindRow<'Secret'> = defineKind('Secret', {
  defaults: (secret) =>
    compact<Secret>({
      ...secret,
      type: nonEmpty(secret.type) ?? 'Opaque',
      data: mergeStringData(secret),
      stringData: undefined,
    }),
  validate: (secret, old) => [
    ...(old ? validateImmutable('type', secret.type, old.type) : []),
    ...(old ? validateFrozen(secret, old, ['data']) : []),
    ...validateData(secret.data ?? {}),
    ...validateType(secret),
  ],
  selectableFields: { type: ({ type = '' }) => type },
  columns: [
    NAME,
    text('Type', ({ type = '' }) => type),
    text('Data', ({ data = {} }) => Object.keys(data).length),
    AGE,
  ],
});

/** Plain text given in `stringData` comes before what `data` says. */
function mergeStringData({ data, stringData }: Secret): KeyValues | undefined {
  if (stringData === undefined) return data;
  const encoded = Object.entries(stringData).map(
    ([key, value]) => [key, Buffer.from(value).toString('base64')] as const,
  );
  return { ...data, ...Object.fromEntries(encoded) };
}

function validateData(data: KeyValues): readonly FieldError[] {
  const sizeBytes = Object.values(data).reduce(
    (sum, value) => sum + Buffer.byteLength(value, 'base64'),
    0,
  );
  return [
    ...validateKeys('data', data),
    ...validateBase64('data', data),
    ...validateSize('data', sizeBytes),
  ];
}

/** Keys that each type of Secret must have. @see kubernetes `ValidateSecret` */
function validateType({ type = '', data = {}, metadata }: Secret): readonly FieldError[] {
  if (type === 'kubernetes.io/service-account-token') {
    const account = metadata.annotations?.[ACCOUNT_ANNOTATION] ?? '';
    return account === '' ? [required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`)] : [];
  }
  return KEYS_OF_TYPE.get(type)?.(data) ?? [];
}

const KEYS_OF_TYPE: ReadonlyMap<string, (data: KeyValues) => readonly FieldError[]> = new Map([
  ['kubernetes.io/dockercfg', (data) => validateJson('.dockercfg', data)],
  ['kubernetes.io/dockerconfigjson', (data) => validateJson('.dockerconfigjson', data)],
  [
    'kubernetes.io/basic-auth',
    (data) => {
      const absent = missing(data, ['username', 'password']);
      return absent.length === 2 ? absent : [];
    },
  ],
  [
    'kubernetes.io/ssh-auth',
    (data) => ((data['ssh-privatekey'] ?? '') === '' ? [required('data[ssh-privatekey]')] : []),
  ],
  ['kubernetes.io/tls', (data) => missing(data, ['tls.crt', 'tls.key'])],
]);

function missing(data: KeyValues, keys: readonly string[]): readonly FieldError[] {
  return keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`));
}

function validateJson(key: string, data: KeyValues): readonly FieldError[] {
  const encoded = data[key];
  if (encoded === undefined) return [required(`data[${key}]`)];
  try {
    JSON.parse(Buffer.from(encoded, 'base64').toString());
    return [];
  } catch (error) {
    // A SyntaxError is how JSON.parse says that this is none.
    if (!(error instanceof SyntaxError)) throw error;
    return [invalid(`data[${key}]`, '<secret contents redacted>', 'must be valid JSON')];
  }
}
