/** Defaults of and rules for PriorityLevelConfigurations. @see kubernetes `pkg/apis/flowcontrol` */
import type {
  ExemptPriorityLevelConfiguration,
  LimitResponse,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../../types.ts';
import type { RareRules } from '../rare-rules.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  type Errors,
} from '../validate/field-errors.ts';
import { when } from './check.ts';
import { validateStatus } from './flow-control.ts';

const SHARES = 30;
const QUEUES = 64;
const HAND_SIZE = 8;
const QUEUE_LENGTH = 50;
const MAX_QUEUES = 10_000_000;
const MAX_HASH_BITS = 60;
const TYPES = ['Exempt', 'Limited'];
const RESPONSES = ['Queue', 'Reject'];

/** Defaults and rules. */
export const PRIORITY_LEVEL: RareRules = {
  defaults: (object) => {
    const spec: PriorityLevelConfigurationSpec = object['spec'] ?? {}; // as the API's schema has it
    const { limited, exempt } = spec;
    return {
      ...object,
      spec: {
        ...spec,
        ...(limited !== undefined && { limited: defaultLimited(limited) }),
        ...(exempt !== undefined && {
          exempt: { nominalConcurrencyShares: 0, lendablePercent: 0, ...exempt },
        }),
      },
    };
  },
  validate: (object, old) => [
    ...(old !== undefined && object['spec'] === old['spec']
      ? []
      : validateSpec(object['spec'] ?? {}, object.metadata.name)),
    ...validateStatus(object),
  ],
};

function defaultLimited(
  level: LimitedPriorityLevelConfiguration,
): LimitedPriorityLevelConfiguration {
  const { limitResponse } = level;
  const { queuing } = limitResponse ?? {};
  return {
    nominalConcurrencyShares: SHARES,
    lendablePercent: 0,
    ...level,
    ...(queuing !== undefined && {
      limitResponse: {
        ...limitResponse,
        queuing: {
          queues: queuing.queues || QUEUES,
          handSize: queuing.handSize || HAND_SIZE,
          queueLengthLimit: queuing.queueLengthLimit || QUEUE_LENGTH,
        },
      },
    }),
  };
}

function validateSpec(
  { type = '', limited, exempt }: PriorityLevelConfigurationSpec,
  name: string,
): Errors {
  const isExempt = type === 'Exempt';
  return [
    ...when((name === 'exempt') !== isExempt, () =>
      invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"),
    ),
    ...when(type === '', () => required('spec.type')),
    ...when(type !== '' && !TYPES.includes(type), () => notSupported('spec.type', type, TYPES)),
    ...when(isExempt && limited !== undefined, () =>
      forbidden('spec.limited', 'must be nil if the type is not Limited'),
    ),
    ...(isExempt && exempt !== undefined ? validateShares('spec.exempt', exempt) : []),
    ...when(type === 'Limited' && exempt !== undefined, () =>
      forbidden('spec.exempt', 'must be nil if the type is Limited'),
    ),
    ...(type === 'Limited' ? validateLimited(limited) : []),
  ];
}

function validateLimited(level: LimitedPriorityLevelConfiguration | undefined): Errors {
  const path = 'spec.limited';
  if (level === undefined) return [required(path, 'must not be empty when type is Limited')];
  const { borrowingLimitPercent: borrowed = 0 } = level;
  const [shares, lendable] = [validateNominal(path, level), validateLendable(path, level)];
  return [
    ...shares,
    ...validateResponse(`${path}.limitResponse`, level.limitResponse ?? {}),
    ...lendable,
    ...when(borrowed < 0, () =>
      invalid(
        `${path}.borrowingLimitPercent`,
        borrowed,
        'if specified, must be a non-negative integer',
      ),
    ),
  ];
}

function validateShares(path: string, level: ExemptPriorityLevelConfiguration): Errors {
  return [...validateNominal(path, level), ...validateLendable(path, level)];
}

function validateNominal(
  path: string,
  { nominalConcurrencyShares: shares = 0 }: ExemptPriorityLevelConfiguration,
): Errors {
  return when(shares < 0, () =>
    invalid(`${path}.nominalConcurrencyShares`, shares, 'must be a non-negative integer'),
  );
}

function validateLendable(
  path: string,
  { lendablePercent: percent = 0 }: ExemptPriorityLevelConfiguration,
): Errors {
  return when(percent < 0 || percent > 100, () =>
    invalid(`${path}.lendablePercent`, percent, 'must be between 0 and 100, inclusive'),
  );
}

function validateResponse(path: string, { type = '', queuing }: LimitResponse): Errors {
  if (type === '') return [required(`${path}.type`)];
  if (type === 'Reject')
    return when(queuing !== undefined, () =>
      forbidden(`${path}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'),
    );
  if (type !== 'Queue') return [notSupported(`${path}.type`, type, RESPONSES)];
  return queuing === undefined
    ? [required(`${path}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')]
    : validateQueuing(`${path}.queuing`, queuing);
}

function validateQueuing(path: string, queuing: QueuingConfiguration): Errors {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  const problem = handProblem(queues, handSize);
  return [
    ...when(queueLengthLimit <= 0, () =>
      invalid(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive'),
    ),
    ...when(queues <= 0, () => invalid(`${path}.queues`, queues, 'must be positive')),
    ...when(queues > MAX_QUEUES, () =>
      invalid(`${path}.queues`, queues, `must not be greater than ${MAX_QUEUES}`),
    ),
    ...(problem === undefined ? [] : [invalid(`${path}.handSize`, handSize, problem)]),
  ];
}

/** Whether so many queues can be dealt to a flow. @see apiserver `util/shufflesharding` */
function handProblem(queues: number, handSize: number): string | undefined {
  if (handSize <= 0) return 'must be positive';
  if (handSize > queues) return `should not be greater than queues (${queues})`;
  return Math.ceil(Math.log2(queues) * handSize) > MAX_HASH_BITS
    ? `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`
    : undefined;
}
