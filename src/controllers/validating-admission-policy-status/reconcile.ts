import type { KubeObject } from '../../api/index.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

const POLICY = 'ValidatingAdmissionPolicy.admissionregistration.k8s.io';

/**
 * Says of each ValidatingAdmissionPolicy that it was looked at: clients wait for that.
 *
 * Types are looked at where a policy is written, and nothing is left to warn of. @see kubernetes `pkg/controller/validatingadmissionpolicystatus`
 */
export function createValidatingAdmissionPolicyStatusController(): Controller {
  return {
    name: 'validatingadmissionpolicy-status-controller',
    watches: [{ kind: POLICY, keys: ({ metadata }) => [metadata.name] }],
    reconcile,
  };
}

interface Policy extends KubeObject {
  readonly status?: { readonly observedGeneration?: number; readonly typeChecking?: object };
}

function reconcile(name: string, snapshot: Snapshot): readonly Change[] {
  const policy: Policy | undefined = snapshot.get<string>(POLICY, undefined, name);
  if (policy === undefined) return [];
  const { generation: observedGeneration } = policy.metadata;
  if (policy.status?.observedGeneration === observedGeneration) return [];
  const status = { ...policy.status, observedGeneration, typeChecking: {} };
  return [{ kind: 'updateStatus', object: { ...policy, status } }];
}
