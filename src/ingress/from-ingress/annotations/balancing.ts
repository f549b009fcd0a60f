import type { Balance } from '../../route-policy.ts';
import { isBoolean, isInteger, isVariables, oneOf } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

/** Which endpoint serves. */
export const balancing: AnnotationGroup = {
  name: 'LoadBalancing',
  annotations: [
    {
      name: 'load-balance',
      risk: 'Low',
      accepts: oneOf('round_robin', 'ewma'),
      effect: 'round_robin or ewma',
    },
    {
      name: 'upstream-hash-by',
      risk: 'High',
      accepts: isVariables,
      effect: 'the endpoint follows from a consistent hash of this text',
    },
    {
      name: 'upstream-hash-by-subset',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'hash to a group of endpoints',
    },
    {
      name: 'upstream-hash-by-subset-size',
      risk: 'Low',
      accepts: isInteger,
      effect: 'how many are in a group',
    },
    {
      name: 'service-upstream',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'connects to the ClusterIP of the Service',
    },
  ],
  read,
};

const SUBSET_SIZE = 3;

function read(reader: AnnotationReader): IngressSettings {
  return {
    policy: {
      balance: balanceOf(reader),
      ...(reader.flag('service-upstream') === true ? { isServiceUpstream: true } : {}),
    },
  };
}

function balanceOf(reader: AnnotationReader): Balance {
  const hashBy = reader.text('upstream-hash-by') ?? reader.controller.hashBy;
  if (hashBy === undefined || hashBy === '') {
    const named = reader.text('load-balance')?.trim().toLowerCase();
    if (named === undefined) return reader.controller.balance;
    return named === 'ewma' ? 'ewma' : 'round_robin';
  }
  if (reader.flag('upstream-hash-by-subset') !== true) return { hashBy };
  return { hashBy, subsetSize: reader.number('upstream-hash-by-subset-size') ?? SUBSET_SIZE };
}
