/** Rules for what a HorizontalPodAutoscaler measures. @see kubernetes `pkg/apis/autoscaling/validation` */
import { validateContainerResourceName } from '../../admission-plugins/resource-names.ts';
import { checkDnsLabel, checkPathSegment } from '../../names.ts';
import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
  Quantity,
} from '../../types.ts';
import {
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
  type Errors,
} from '../validate/field-errors.ts';
import { signOf, when } from './check.ts';

/** Judges what a metric of type Object is about. */
export type ValidateDescribed = (field: string, reference: CrossVersionObjectReference) => Errors;

const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const TARGETS = ['Utilization', 'Value', 'AverageValue'];

/** In the order in which they are looked at. */
const SOURCES = ['object', 'external', 'pods', 'resource', 'containerResource'] as const;

/** What is wrong with a metric. */
export function validateMetric(
  path: string,
  metric: MetricSpec,
  validateDescribed: ValidateDescribed,
): Errors {
  const { type = '' } = metric;
  const present = SOURCES.filter((source) => metric[source] !== undefined);
  const [first] = present;
  const expected = SOURCES.find((source) => source === lowerFirst(type));
  const isUnknown = !TYPES.includes(type);
  const unknown = (): Errors[number] => notSupported(`${path}.type`, type, TYPES);
  return [
    ...when(type === '', () => required(`${path}.type`, 'must specify a metric source type')),
    ...when(isUnknown, unknown),
    ...(first === undefined
      ? []
      : VALIDATE[first](`${path}.${first}`, metric[first] ?? {}, validateDescribed)),
    ...when(isUnknown, unknown),
    ...when(expected !== undefined && metric[expected] === undefined, () =>
      required(`${path}.${expected}`, 'must populate information for the given metric source'),
    ),
    ...(present.length === 1 ? [] : present.filter((source) => source !== expected)).map((source) =>
      forbidden(`${path}.${source}`, 'must populate the given metric source only'),
    ),
  ];
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** Whichever it is: no field means different things in two of them. */
type Source = ContainerResourceMetricSource & ObjectMetricSource;

type Validate = (path: string, source: Source, validateDescribed: ValidateDescribed) => Errors;

const VALIDATE: Readonly<Record<(typeof SOURCES)[number], Validate>> = {
  object: (path, { describedObject = {}, metric, target = {} }, validateDescribed) => [
    ...validateDescribed(`${path}.describedObject`, describedObject),
    ...validateName(path, metric?.name),
    ...validateTarget(path, target),
    ...when(target.value === undefined && target.averageValue === undefined, () =>
      required(`${path}.target.averageValue`, 'must set either a target value or averageValue'),
    ),
  ],
  external: (path, { metric, target = {} }) => [
    ...validateName(path, metric?.name),
    ...validateTarget(path, target),
    ...when(target.value === undefined && target.averageValue === undefined, () =>
      required(
        `${path}.target.averageValue`,
        'must set either a target value for metric or a per-pod target',
      ),
    ),
    ...when(target.value !== undefined && target.averageValue !== undefined, () =>
      forbidden(
        `${path}.target.value`,
        'may not set both a target value for metric and a per-pod target',
      ),
    ),
  ],
  pods: (path, { metric, target = {} }) => [
    ...validateName(path, metric?.name),
    ...validateTarget(path, target),
    ...when(target.averageValue === undefined, () =>
      required(`${path}.target.averageValue`, 'must specify a positive target averageValue'),
    ),
  ],
  resource: (path, { name = '', target = {} }) => [
    ...when(name === '', () => required(`${path}.name`, 'must specify a resource name')),
    ...validateUse(path, target),
  ],
  containerResource: (path, { name = '', container = '', target = {} }) => [
    ...(name === ''
      ? [required(`${path}.name`, 'must specify a resource name')]
      : validateContainerResourceName(`${path}.name`, name)),
    ...(container === ''
      ? [required(`${path}.container`, 'must specify a container')]
      : invalidEach(`${path}.container`, container, checkDnsLabel(container))),
    ...validateUse(path, target),
  ],
};

function validateName(path: string, name = ''): Errors {
  const field = `${path}.metric.name`;
  return name === ''
    ? [required(field, 'must specify a metric name')]
    : invalidEach(field, name, checkPathSegment(name));
}

/** How much of a resource is used: an amount or a share. */
function validateUse(path: string, target: MetricTarget): Errors {
  const { averageUtilization, averageValue } = target;
  return [
    ...validateTarget(path, target),
    ...when(averageUtilization === undefined && averageValue === undefined, () =>
      required(
        `${path}.target.averageUtilization`,
        'must set either a target raw value or a target utilization',
      ),
    ),
    ...when(averageUtilization !== undefined && averageValue !== undefined, () =>
      forbidden(
        `${path}.target.averageValue`,
        'may not set both a target raw value and a target utilization',
      ),
    ),
  ];
}

function validateTarget(
  path: string,
  { type = '', value, averageValue, averageUtilization }: MetricTarget,
): Errors {
  const field = `${path}.target`;
  const isPositive = (amount: Quantity | undefined): boolean => (signOf(amount) ?? 1) === 1;
  return [
    ...when(type === '', () => required(`${field}.type`, 'must specify a metric target type')),
    ...when(!TARGETS.includes(type), () =>
      invalid(`${field}.type`, type, 'must be either Utilization, Value, or AverageValue'),
    ),
    ...when(!isPositive(value), () => invalid(`${field}.value`, value, 'must be positive')),
    ...when(!isPositive(averageValue), () =>
      invalid(`${field}.averageValue`, averageValue, 'must be positive'),
    ),
    ...when(averageUtilization !== undefined && averageUtilization < 1, () =>
      invalid(`${field}.averageUtilization`, averageUtilization, 'must be greater than 0'),
    ),
  ];
}
