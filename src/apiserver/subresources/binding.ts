import {
  ApiError,
  invalidObject,
  type FieldError,
  type JsonObject,
  type Pod,
} from '../../api/index.ts';
import { decodeBody } from '../body.ts';
import { objectOf, type ApiContext, type Target } from '../context.ts';
import { methodNotAllowed } from '../refusals.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { judgeRequest } from '../resources/judge-request.ts';
import { isDryRun } from '../resources/parameters.ts';
import { success } from './success.ts';

/**
 * `POST pods/NAME/binding`, and the older `POST bindings`: puts a Pod on a Node, as schedulers do.
 *
 * @throws ApiError Conflict when the Pod is on a Node already.
 */
export async function bindPod(
  request: ApiRequest,
  target: Target,
  context: ApiContext,
): Promise<ApiResponse> {
  if (request.method !== 'POST') throw methodNotAllowed();
  const { value } = await decodeBody(request);
  const { name, node } = readBinding(value, target);
  const dryRun = isDryRun(request.query, 'CreateOptions');
  await judgeRequest(
    {
      user: request.user,
      target: { ...target, name },
      operation: 'CREATE',
      object: { ...value, apiVersion: 'v1', kind: 'Binding' },
      isDryRun: dryRun,
    },
    context,
  );
  const pods = context.kinds.byName('Pod');
  // The definition leads to Pods.
  const pod = objectOf({ ...target, definition: pods, name }, context) as unknown as Pod;
  checkBindable(pod);
  context.store.update(
    { ...pod, spec: { containers: [], ...pod.spec, nodeName: node } },
    { isDryRun: dryRun },
  );
  return success(201);
}

interface Binding {
  readonly metadata?: { readonly name?: string };
  readonly target?: { readonly kind?: string; readonly name?: string };
}

/** @throws ApiError Invalid for a binding to something else than a Node. */
function readBinding(
  value: JsonObject,
  target: Target,
): { readonly name: string; readonly node: string } {
  const { metadata = {}, target: to = {} }: Binding = value;
  const { kind = '', name: node = '' } = to;
  const name = (target.subresource === undefined ? metadata.name : target.name) ?? '';
  if (node === '')
    throw invalid(name, { type: 'Required', field: 'target.name', message: 'Required value' });
  if (kind !== '' && kind !== 'Node') {
    const message = `Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`;
    throw invalid(name, { type: 'NotSupported', field: 'target.kind', message });
  }
  return { name, node };
}

function checkBindable({ metadata, spec }: Pod): void {
  const refuse = (why: string): never => {
    throw new ApiError(
      'Conflict',
      `Operation cannot be fulfilled on pods/binding "${metadata.name}": ${why}`,
      { details: { name: metadata.name, kind: 'pods/binding' } },
    );
  };
  if (metadata.deletionTimestamp !== undefined)
    refuse(`pod ${metadata.name} is being deleted, cannot be assigned to a host`);
  const present = spec?.nodeName ?? '';
  if (present !== '')
    refuse(`pod ${metadata.name} is already assigned to node ${JSON.stringify(present)}`);
  if ((spec?.schedulingGates ?? []).length > 0)
    refuse(`pod ${metadata.name} has non-empty .spec.schedulingGates`);
}

function invalid(name: string, cause: FieldError): ApiError {
  return invalidObject({ group: '', kind: 'Binding' }, name, [cause]);
}
