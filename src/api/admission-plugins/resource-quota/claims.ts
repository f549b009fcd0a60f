import { storageClassOf } from '../../kinds/storage.ts';
import { parseQuantity, type Quantity } from '../../quantity.ts';
import type { PersistentVolumeClaim } from '../../types.ts';
import { countOf, unitsOf } from '../amounts.ts';
import type { Evaluator } from './evaluator.ts';
import { matchesRequirement } from './scopes.ts';

const COUNT = 'count/persistentvolumeclaims';
const CLAIM = 'persistentvolumeclaims';
const STORAGE = 'requests.storage';
/** Between the name of a class and what of it is counted. */
const OF_CLASS = '.storageclass.storage.k8s.io/';

/** Claims, and the storage that they ask for, in all and of each class. */
export const CLAIMS: Evaluator = {
  handles: ({ operation, subresource }) =>
    operation !== 'DELETE' && (subresource === '' || subresource === 'status'),
  counts: (name) =>
    name === COUNT || [CLAIM, STORAGE].some((own) => name === own || name.endsWith(OF_CLASS + own)),
  isInScope: (requirement, object) =>
    requirement.scopeName === 'VolumeAttributesClass' &&
    matchesRequirement(requirement, attributeClassesOf(object as unknown as PersistentVolumeClaim)), // a claim by its kind
  missing: () => '',
  usage: (object) => {
    const claim = object as unknown as PersistentVolumeClaim; // a claim by its kind
    const used = new Map([
      [CLAIM, countOf(1)],
      [COUNT, countOf(1)],
    ]);
    const storageClass = storageClassOf(claim);
    const storage = storageOf(claim);
    if (storage !== undefined) used.set(STORAGE, storage);
    if (storageClass === '') return used;
    used.set(storageClass + OF_CLASS + CLAIM, countOf(1));
    if (storage !== undefined) used.set(storageClass + OF_CLASS + STORAGE, storage);
    return used;
  },
};

/** In whole bytes; more than is asked for where more was given. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const [asked, given] = [spec?.resources?.requests, status?.allocatedResources].map((amounts) => {
    const amount = amounts?.['storage'];
    return amount === undefined ? undefined : parseQuantity(amount);
  });
  if (asked === undefined) return undefined;
  const counted = given !== undefined && given.nanos > asked.nanos ? given : asked;
  return { ...counted, nanos: unitsOf(counted) * 1_000_000_000n };
}

function attributeClassesOf({ spec, status }: PersistentVolumeClaim): readonly string[] {
  return [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].flatMap((name) => name || []);
}
