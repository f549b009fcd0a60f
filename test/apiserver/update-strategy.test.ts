import t from 'tap';
import { testExchanges, type Exchange } from './exchange.ts';
import { startTestServer } from './test-server.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const RBAC = 'rbac.authorization.k8s.io/v1';

function lease(metadata: object, spec: object = {}): object {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
}

/** One after another; what kube-apiserver 1.36.3 answered to the same. */
const rows: readonly Exchange[] = [
  {
    name: 'a PUT that makes a Lease',
    method: 'PUT',
    path: `${LEASES}/made`,
    body: lease({ name: 'made' }, { holderIdentity: 'a' }),
    status: 201,
    has: { metadata: { name: 'made', managedFields: [{ operation: 'Update' }] } },
  },
  {
    name: 'a PUT that does not say which version it changes',
    method: 'PUT',
    path: `${LEASES}/made`,
    body: lease({ name: 'made' }),
    status: 422,
    says: 'leases.coordination.k8s.io "made" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    has: { details: { name: 'made', group: 'coordination.k8s.io', kind: 'leases' } },
  },
  {
    name: 'a PUT that makes what once had a version',
    method: 'PUT',
    path: `${LEASES}/again`,
    body: lease({ name: 'again', resourceVersion: '7' }),
    status: 201,
  },
  {
    name: 'a PUT that makes nothing, since it is only tried',
    method: 'PUT',
    path: `${LEASES}/tried?dryRun=All`,
    body: lease({ name: 'tried' }),
    status: 201,
  },
  { name: 'what was only tried', path: `${LEASES}/tried`, status: 404 },
  {
    name: 'a PUT that would make something wrong',
    method: 'PUT',
    path: `${LEASES}/wrong`,
    body: lease({ name: 'wrong' }, { leaseDurationSeconds: -1 }),
    status: 422,
    says: /leaseDurationSeconds: Invalid value: -1/,
  },
  {
    name: 'a PUT that makes a Role',
    method: 'PUT',
    path: `/apis/${RBAC}/namespaces/default/roles/made`,
    body: { apiVersion: RBAC, kind: 'Role', metadata: { name: 'made' }, rules: [] },
    status: 201,
  },
  {
    name: 'a PUT by somebody who may not create',
    method: 'PUT',
    path: `/apis/${RBAC}/namespaces/default/roles/other`,
    headers: { 'impersonate-user': 'jane' },
    body: { apiVersion: RBAC, kind: 'Role', metadata: { name: 'other' }, rules: [] },
    status: 403,
  },
  {
    name: 'a PUT of a ConfigMap that is not there',
    method: 'PUT',
    path: '/api/v1/namespaces/default/configmaps/none',
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'none' } },
    status: 404,
    says: 'configmaps "none" not found',
  },
  {
    name: 'one object, whether a watch is asked for or not',
    path: `${LEASES}/made?watch=true`,
    status: 200,
    has: { kind: 'Lease', metadata: { name: 'made' } },
  },
];

const server = await startTestServer();
t.teardown(() => server[Symbol.asyncDispose]());
testExchanges(t, rows, server);
