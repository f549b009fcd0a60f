import { describeObject } from '../describe-object.ts';
import { nearestName } from '../../../net/index.ts';
import type { Problem } from '../problem.ts';
import { namespaceOf, type LintInput } from './rule.ts';

/** A StatefulSet whose Service is missing: its Pods get no names. */
export function lintStatefulSets(input: LintInput): readonly Problem[] {
  const services = input.ofKind('Service');
  return input.ofKind('StatefulSet').flatMap((document) => {
    const { serviceName = '' } = document.object.spec ?? {};
    if (serviceName === '') return [];
    const namespace = namespaceOf(document);
    const names = services
      .filter((service) => namespaceOf(service) === namespace)
      .map(({ object }) => object.metadata.name);
    if (names.includes(serviceName) || input.exists('Service', namespace, serviceName)) return [];
    const nearest = nearestName(serviceName, names);
    return [
      {
        severity: 'warning',
        message: `serviceName "${serviceName}" is no Service in namespace ${namespace}, so the Pods get no names of their own`,
        position: document.positionOf('spec.serviceName'),
        object: describeObject(document.object),
        hint:
          nearest === undefined
            ? `Add a headless Service "${serviceName}".`
            : `Did you mean "${nearest}"?`,
      } satisfies Problem,
    ];
  });
}
