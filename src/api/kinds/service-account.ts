import { defineKind, type KindRow } from '../kind.ts';
import { AGE, NAME } from './columns.ts';

/** Whom a Pod acts as. */
export const SERVICE_ACCOUNT: KindRow<'ServiceAccount'> = defineKind('ServiceAccount', {
  columns: [NAME, AGE],
});
