import t from 'tap';
import { JSON_BODY, testExchanges, type Exchange } from './exchange.ts';
import { startTestServer } from './test-server.ts';

const server = await startTestServer();
t.teardown(() => server[Symbol.asyncDispose]());

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const REVIEWS = '/apis/authorization.k8s.io/v1';
const CORE = '/api/v1/namespaces/default';
const as = (user: string, group?: string): Record<string, string> => ({
  ...JSON_BODY,
  'impersonate-user': user,
  ...(group !== undefined && { 'impersonate-group': group }),
});
const create = (name: string, path: string, body: object): Exchange => ({
  name,
  method: 'POST',
  path,
  body,
  status: 201,
});
const subject = (kind: string, name: string): object => ({ kind, name });

const rows: readonly Exchange[] = [
  create('a role', `${RBAC}/namespaces/default/roles`, {
    metadata: { name: 'reader' },
    rules: [
      { apiGroups: [''], resources: ['configmaps', 'pods/log'], verbs: ['get', 'list'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['open'], verbs: ['get'] },
    ],
  }),
  create('its binding', `${RBAC}/namespaces/default/rolebindings`, {
    metadata: { name: 'reader' },
    roleRef: { kind: 'Role', name: 'reader' },
    subjects: [
      subject('User', 'jane'),
      { ...subject('ServiceAccount', 'robot'), namespace: 'default' },
    ],
  }),
  create('a binding to a role that is not there', `${RBAC}/namespaces/default/rolebindings`, {
    metadata: { name: 'lost' },
    roleRef: { kind: 'Role', name: 'lost' },
    subjects: [subject('User', 'joe')],
  }),
  create('a binding of the cluster to a group', `${RBAC}/clusterrolebindings`, {
    metadata: { name: 'seers' },
    roleRef: { kind: 'ClusterRole', name: 'view' },
    subjects: [subject('Group', 'seers')],
  }),
  create('a role that gathers others', `${RBAC}/clusterroles`, {
    metadata: { name: 'gathered' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] },
  }),
  create('one of the others', `${RBAC}/clusterroles`, {
    metadata: { name: 'part', labels: { part: 'yes' } },
    rules: [{ apiGroups: ['apps'], resources: ['*/scale'], verbs: ['*'] }],
  }),
  create('a binding of what is gathered', `${RBAC}/clusterrolebindings`, {
    metadata: { name: 'gathered' },
    roleRef: { kind: 'ClusterRole', name: 'gathered' },
    subjects: [subject('User', 'scaler')],
  }),
  { name: 'what a role allows', path: `${CORE}/configmaps`, headers: as('jane'), status: 200 },
  {
    name: 'what it does not allow',
    path: `${CORE}/secrets`,
    headers: as('jane'),
    status: 403,
    reason: 'Forbidden',
    says: 'secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default"',
  },
  {
    name: 'another verb',
    method: 'DELETE',
    path: `${CORE}/configmaps/x`,
    headers: as('jane'),
    status: 403,
    says: 'configmaps "x" is forbidden: User "jane" cannot delete resource "configmaps" in API group "" in the namespace "default"',
  },
  {
    name: 'a watch, where only lists are allowed',
    path: `${CORE}/configmaps?watch=true`,
    headers: as('jane'),
    status: 403,
    says: /cannot watch resource/,
  },
  { name: 'the one name', path: `${CORE}/secrets/open`, headers: as('jane'), status: 404 },
  { name: 'another name', path: `${CORE}/secrets/shut`, headers: as('jane'), status: 403 },
  { name: 'a subresource', path: `${CORE}/pods/p/log`, headers: as('jane'), status: 404 },
  {
    name: 'another namespace',
    path: '/api/v1/namespaces/kube-system/configmaps',
    headers: as('jane'),
    status: 403,
    says: /in the namespace ..kube-system/,
  },
  {
    name: 'the whole cluster',
    path: '/apis/apps/v1/deployments',
    headers: as('jane'),
    status: 403,
    says: 'deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope',
  },
  {
    name: 'an account',
    path: `${CORE}/configmaps`,
    headers: as('system:serviceaccount:default:robot'),
    status: 200,
  },
  {
    name: 'an account of that name elsewhere',
    path: `${CORE}/configmaps`,
    headers: as('system:serviceaccount:other:robot'),
    status: 403,
  },
  {
    name: 'a role that is not there',
    path: `${CORE}/configmaps`,
    headers: as('joe'),
    status: 403,
    says: /: RBAC: role\.rbac\.authorization\.k8s\.io ..lost.. not found"/,
  },
  { name: 'a group', path: '/api/v1/pods', headers: as('joe', 'seers'), status: 200 },
  {
    name: 'what viewers may not see',
    path: '/api/v1/secrets',
    headers: as('joe', 'seers'),
    status: 403,
  },
  {
    name: 'the administrators',
    path: '/api/v1/secrets',
    headers: as('joe', 'system:masters'),
    status: 200,
  },
  {
    name: 'a subresource of any kind, gathered',
    path: '/apis/apps/v1/namespaces/default/deployments/d/scale',
    headers: as('scaler'),
    status: 404,
  },
  { name: 'discovery', path: '/apis', headers: as('nobody'), status: 200 },
  { name: 'a path', path: '/version', headers: as('system:anonymous'), status: 200 },
  {
    name: 'a path that nobody may see',
    path: '/metrics',
    headers: as('nobody'),
    status: 403,
    says: 'forbidden: User "nobody" cannot get path "/metrics"',
  },
  {
    name: 'can-i of what one may',
    method: 'POST',
    path: `${REVIEWS}/selfsubjectaccessreviews`,
    headers: as('jane'),
    body: {
      spec: { resourceAttributes: { verb: 'get', resource: 'configmaps', namespace: 'default' } },
    },
    status: 201,
    has: {
      status: {
        allowed: true,
        reason: 'RBAC: allowed by RoleBinding "reader/default" of Role "reader" to User "jane"',
      },
    },
  },
  {
    name: 'can-i of what one may not',
    method: 'POST',
    path: `${REVIEWS}/selfsubjectaccessreviews`,
    headers: as('jane'),
    body: { spec: { resourceAttributes: { verb: 'delete', resource: 'nodes' } } },
    status: 201,
    has: { status: { allowed: false } },
  },
  {
    name: 'a review of somebody else',
    method: 'POST',
    path: `${REVIEWS}/subjectaccessreviews`,
    body: {
      spec: { groups: ['system:masters'], nonResourceAttributes: { verb: 'get', path: '/x' } },
    },
    status: 201,
    has: { status: { allowed: true } },
  },
  {
    name: 'a review of nobody',
    method: 'POST',
    path: `${REVIEWS}/subjectaccessreviews`,
    body: { spec: { resourceAttributes: { verb: 'get' } } },
    status: 422,
    says: '.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
  },
  {
    name: 'the rules of oneself',
    method: 'POST',
    path: `${REVIEWS}/selfsubjectrulesreviews`,
    headers: as('jane'),
    body: { spec: { namespace: 'default' } },
    status: 201,
    has: { status: { resourceRules: { 3: { resources: ['secrets'], resourceNames: ['open'] } } } },
  },
];
testExchanges(t, rows, server);
