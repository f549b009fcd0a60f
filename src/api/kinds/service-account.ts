import { defineKind, type KindRow } from '../kind.ts';
import type { ServiceAccount } from '../types.ts';
import { AGE, NAME } from './columns.ts';

/** Whom a Pod acts as. */
export const SERVICE_ACCOUNT: KindRow<'ServiceAccount'> = defineKind('ServiceAccount', {
  prepareForCreate: withSecretNames,
  prepareForUpdate: withSecretNames,
  columns: [NAME, AGE],
});

/** Of its Secrets only names are kept. @see kubernetes `cleanSecretReferences` */
function withSecretNames(account: ServiceAccount): ServiceAccount {
  const { secrets } = account;
  if (secrets === undefined) return account;
  return {
    ...account,
    secrets: secrets.map(({ name }) => (name === undefined || name === '' ? {} : { name })),
  };
}
