import t from 'tap';
import { testExchanges, type Exchange } from './exchange.ts';
import { startTestServer } from './test-server.ts';

const server = await startTestServer();
t.teardown(() => server[Symbol.asyncDispose]());

const EVENTS = '/api/v1/namespaces/default/events';
const NEW_EVENTS = '/apis/events.k8s.io/v1/namespaces/default/events';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
const REVIEWS = '/apis/authorization.k8s.io/v1';

const rows: readonly Exchange[] = [
  {
    name: 'an event of the core group',
    method: 'POST',
    path: EVENTS,
    body: {
      metadata: { name: 'e1' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
      reason: 'Tried',
      message: 'it tried',
      type: 'Normal',
      source: { component: 'me' },
    },
    status: 201,
  },
  {
    name: 'the same event in the other group',
    path: `${NEW_EVENTS}/e1`,
    status: 200,
    has: {
      apiVersion: 'events.k8s.io/v1',
      regarding: { kind: 'Pod', name: 'p' },
      note: 'it tried',
      deprecatedSource: { component: 'me' },
    },
  },
  {
    name: 'an event of the other group',
    method: 'POST',
    path: NEW_EVENTS,
    body: {
      metadata: { name: 'e2' },
      eventTime: '2026-01-02T03:04:05.678901Z',
      regarding: { kind: 'Pod', namespace: 'default', name: 'q' },
      reason: 'Tried',
      note: 'again',
      type: 'Normal',
      action: 'Try',
      reportingController: 'example.org/me',
      reportingInstance: 'me-1',
    },
    status: 201,
  },
  {
    name: 'it in the core group',
    path: `${EVENTS}/e2`,
    status: 200,
    has: {
      apiVersion: 'v1',
      involvedObject: { name: 'q' },
      message: 'again',
      reportingComponent: 'example.org/me',
      eventTime: '2026-01-02T03:04:05.678901Z',
    },
  },
  {
    name: 'events of one object',
    path: `${EVENTS}?fieldSelector=involvedObject.name=q,involvedObject.kind=Pod`,
    status: 200,
    has: { items: [{ metadata: { name: 'e2' } }] },
  },
  {
    name: 'events of one object in the other group',
    path: `${NEW_EVENTS}?fieldSelector=regarding.name=p`,
    status: 200,
    has: { items: [{ metadata: { name: 'e1' } }] },
  },
  {
    name: 'a lease with its microseconds',
    method: 'POST',
    path: LEASES,
    body: {
      metadata: { name: 'l' },
      spec: {
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        renewTime: '2026-01-02T03:04:05.678901Z',
      },
    },
    status: 201,
    has: { spec: { renewTime: '2026-01-02T03:04:05.678901Z' } },
  },
  {
    name: 'a lease that somebody else has renewed',
    method: 'PUT',
    path: `${LEASES}/l`,
    body: { metadata: { name: 'l', resourceVersion: '1' }, spec: { holderIdentity: 'you' } },
    status: 409,
    reason: 'Conflict',
  },
  {
    name: 'a role',
    method: 'POST',
    path: `${RBAC}/namespaces/default/roles`,
    body: {
      metadata: { name: 'r' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    },
    status: 201,
    has: { kind: 'Role', rules: [{ verbs: ['get'] }] },
  },
  {
    name: 'a binding',
    method: 'POST',
    path: `${RBAC}/clusterrolebindings`,
    body: {
      metadata: { name: 'b' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'me' }],
    },
    status: 201,
  },
  {
    name: 'an admission policy',
    method: 'POST',
    path: `${ADMISSION}/validatingadmissionpolicies`,
    body: {
      metadata: { name: 'p.example.org' },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
          ],
        },
        validations: [{ expression: 'true' }],
      },
    },
    status: 201,
    has: { kind: 'ValidatingAdmissionPolicy', metadata: { generation: 1 } },
  },
  {
    name: 'a question for what one may do',
    method: 'POST',
    path: `${REVIEWS}/selfsubjectaccessreviews`,
    body: { spec: { resourceAttributes: { verb: 'create', resource: 'pods' } } },
    status: 201,
    has: { kind: 'SelfSubjectAccessReview', status: { allowed: true } },
  },
  {
    name: 'a review that is asked for',
    path: `${REVIEWS}/selfsubjectaccessreviews`,
    status: 405,
    reason: 'MethodNotAllowed',
  },
  {
    name: 'who one is',
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: {},
    status: 201,
    has: { status: { userInfo: { groups: ['system:masters', 'system:authenticated'] } } },
  },
];
testExchanges(t, rows, server);
