/** Rules for RuntimeClasses. @see kubernetes `pkg/apis/node/validation` */
import { deepEqual } from '../../deep-equal.ts';
import { checkDnsLabel } from '../../names.ts';
import type { KubeObject } from '../../object.ts';
import type { RuntimeClass, Toleration } from '../../types.ts';
import {
  validateContainerResourceName,
  validateHardAmount,
} from '../../admission-plugins/resource-names.ts';
import { validateTolerations } from '../pod/scheduling.ts';
import type { RareRules } from '../rare-rules.ts';
import { duplicate, invalidEach, required, type Errors } from '../validate/field-errors.ts';
import { validateLabels } from '../validate/labels.ts';
import { validateImmutable } from '../workload/validate.ts';
import { when } from './check.ts';

/** Rules. */
export const RUNTIME_CLASS: RareRules = {
  validate: (object, old) => {
    const { handler = '', overhead, scheduling } = read(object);
    if (old !== undefined) return validateImmutable('handler', handler, read(old).handler);
    return [
      ...(handler === ''
        ? [required('handler')]
        : invalidEach('handler', handler, checkDnsLabel(handler))),
      ...Object.entries(overhead?.podFixed ?? {}).flatMap(([name, amount]) => {
        const field = `overhead.limits[${name}]`;
        return [
          ...validateContainerResourceName(field, name),
          ...validateHardAmount(field, name, amount),
        ];
      }),
      ...validateLabels('scheduling.nodeSelector', scheduling?.nodeSelector),
      ...validateList('scheduling.tolerations', scheduling?.tolerations ?? []),
    ];
  },
};

/** What is stored under this kind is a RuntimeClass. */
function read(object: KubeObject): RuntimeClass {
  return object;
}

function validateList(field: string, tolerations: readonly Toleration[]): Errors {
  const key = (toleration: Toleration): unknown => [
    toleration.key,
    toleration.operator,
    toleration.value,
    toleration.effect,
  ];
  return [
    ...validateTolerations(field, tolerations),
    ...tolerations.flatMap((toleration, index) =>
      when(
        tolerations.slice(0, index).some((other) => deepEqual(key(other), key(toleration))),
        () => duplicate(`${field}[${index}]`, toleration),
      ),
    ),
  ];
}
