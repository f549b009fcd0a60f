/** `podlane describe`: objects for people, in the manner of `kubectl describe`. One file a kind and one line below. */
import type { KubeObject, StoreReader } from '../../api/index.ts';
import { describeEndpointSlice } from './endpoint-slice.ts';
import { describeIngress } from './ingress.ts';
import { describeNode } from './node.ts';
import { eventsSection, pairs, renderPart, type Part, type Row } from './parts.ts';
import { describePod } from './pod.ts';
import { describeSecret } from './secret.ts';
import { describeService } from './service.ts';
import { describeWorkload } from './workload.ts';

const KINDS: Readonly<Record<string, (object: never, reader: StoreReader) => readonly Part[]>> = {
  Service: describeService,
  Secret: describeSecret,
  Pod: describePod,
  Ingress: describeIngress,
  Node: describeNode,
  Deployment: describeWorkload,
  ReplicaSet: describeWorkload,
  StatefulSet: describeWorkload,
  EndpointSlice: describeEndpointSlice,
};

/**
 * An object for people, with what its controllers said about it.
 *
 * @param now Milliseconds since 1970, for ages.
 */
export function describeObject(object: KubeObject, reader: StoreReader, now: number): string {
  const { metadata, kind } = object;
  const { name, namespace, labels, annotations, ownerReferences = [] } = metadata;
  const head: readonly Row[] = [
    ['Name', name],
    ...(namespace === undefined ? [] : [['Namespace', namespace] as const]),
    ['Labels', ...pairs(labels)],
    ['Annotations', ...pairs(annotations)],
    ...ownerReferences
      .filter(({ controller }) => controller === true)
      .map((owner) => ['Controlled By', `${owner.kind}/${owner.name}`] as const),
  ];
  const describeKind = KINDS[kind] ?? describeFields;
  const parts = [
    ...head,
    ...describeKind(object as never, reader),
    eventsSection(object, reader, now),
  ]; // keyed by its own kind
  return parts.map(renderPart).join('\n');
}

/** The fields as they are, for kinds that need no more. */
function describeFields(object: KubeObject): readonly Part[] {
  return Object.entries(object)
    .filter(([field]) => !['apiVersion', 'kind', 'metadata'].includes(field))
    .map(([title, value]) => ({ title, lines: JSON.stringify(value, undefined, 2).split('\n') }));
}
