import t from 'tap';
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { authorizeRequest, authorizeUpgrade } from '../../src/apiserver/authorization/index.ts';
import type { User } from '../../src/apiserver/request.ts';
import { APPLY_PATCH, JSON_BODY, MERGE_PATCH, testExchanges, type Exchange } from './exchange.ts';
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
  create('a role of few verbs', `${RBAC}/namespaces/default/roles`, {
    metadata: { name: 'narrow' },
    rules: [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['open'], verbs: ['list'] },
    ],
  }),
  create('its binding', `${RBAC}/namespaces/default/rolebindings`, {
    metadata: { name: 'narrow' },
    roleRef: { kind: 'Role', name: 'narrow' },
    subjects: [subject('User', 'patcher')],
  }),
  {
    name: 'an apply that would create, where only changes are allowed',
    method: 'PATCH',
    path: `${CORE}/configmaps/new?fieldManager=me`,
    headers: { ...as('patcher'), ...APPLY_PATCH },
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n',
    status: 403,
    says: 'configmaps "new" is forbidden: User "patcher" cannot create resource "configmaps" in API group "" in the namespace "default"',
  },
  {
    name: 'a list of the one name',
    path: `${CORE}/secrets?fieldSelector=metadata.name=open`,
    headers: as('patcher'),
    status: 200,
  },
  {
    name: 'a list of another name',
    path: `${CORE}/secrets?fieldSelector=metadata.name=shut`,
    headers: as('patcher'),
    status: 403,
  },
  {
    name: 'a list of all others than a value with the one name in it',
    path: `${CORE}/secrets?fieldSelector=type!=a\\,metadata.name\\=open`,
    headers: as('patcher'),
    status: 403,
  },
  {
    name: 'a group of nobody',
    path: '/api',
    headers: { 'impersonate-group': 'devs' },
    status: 400,
    says: 'requested [{Group  devs    }] without impersonating a user',
  },
  create('a role of somebody who makes roles', `${RBAC}/clusterroles`, {
    metadata: { name: 'maker' },
    rules: [
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
        verbs: ['create', 'update', 'patch', 'get'],
      },
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['clusterroles'],
        resourceNames: ['admin'],
        verbs: ['bind'],
      },
      { apiGroups: ['', 'apps'], resources: ['pods', '*/scale'], verbs: ['get', 'list'] },
      { nonResourceURLs: ['/logs/*'], verbs: ['get'] },
    ],
  }),
  create('its binding', `${RBAC}/clusterrolebindings`, {
    metadata: { name: 'maker' },
    roleRef: { kind: 'ClusterRole', name: 'maker' },
    subjects: [subject('User', 'maker')],
  }),
  {
    ...create('a role of what one may oneself', `${RBAC}/clusterroles`, {
      metadata: { name: 'less' },
      rules: [
        { apiGroups: [''], resources: ['pods'], resourceNames: ['p'], verbs: ['get'] },
        { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['list'] },
        { nonResourceURLs: ['/logs/a', '/logs/*'], verbs: ['get'] },
      ],
    }),
    headers: as('maker'),
  },
  {
    ...create('a role of more', `${RBAC}/namespaces/default/roles`, {
      metadata: { name: 'more' },
      rules: [{ apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'delete'] }],
    }),
    headers: as('maker'),
    status: 403,
    says: 'roles.rbac.authorization.k8s.io "more" is forbidden: user "maker" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}',
  },
  {
    name: 'a role that becomes more',
    method: 'PATCH',
    path: `${RBAC}/clusterroles/less`,
    headers: { ...as('maker'), ...MERGE_PATCH },
    body: { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
    status: 403,
    says: /not currently held:\\n\{APIGroups:/,
  },
  {
    name: 'a role that is applied with more',
    method: 'PATCH',
    path: `${RBAC}/clusterroles/applied?fieldManager=me`,
    headers: { ...as('maker'), ...APPLY_PATCH },
    body: 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: applied}\nrules: [{nonResourceURLs: ["*"], verbs: [get]}]\n',
    status: 403,
    says: /\{NonResourceURLs:/,
  },
  {
    ...create('a role that gathers whatever there is', `${RBAC}/clusterroles`, {
      metadata: { name: 'all' },
      aggregationRule: { clusterRoleSelectors: [{}] },
    }),
    headers: as('maker'),
    status: 403,
    says: 'clusterroles.rbac.authorization.k8s.io "all" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  },
  {
    ...create('a binding of oneself to everything', `${RBAC}/clusterrolebindings`, {
      metadata: { name: 'boss' },
      roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [subject('User', 'maker')],
    }),
    headers: as('maker'),
    status: 403,
    says: /Resources:\[..\*..\], Verbs:\[..\*..\]\}/,
  },
  {
    ...create('a binding of a role that one may bind', `${RBAC}/namespaces/default/rolebindings`, {
      metadata: { name: 'admins' },
      roleRef: { kind: 'ClusterRole', name: 'admin' },
      subjects: [subject('User', 'somebody')],
    }),
    headers: as('maker'),
  },
  {
    ...create('a binding of no role', `${RBAC}/namespaces/default/rolebindings`, {
      metadata: { name: 'nothing' },
      roleRef: { kind: 'Role', name: 'none' },
      subjects: [],
    }),
    headers: as('maker'),
    status: 404,
  },
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

const IMPERSONATOR: User = { name: 'deputy', groups: [] };
server.store.create({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'deputy' },
  rules: [
    {
      apiGroups: [''],
      resources: ['users'],
      resourceNames: ['double', 'boss'],
      verbs: ['impersonate'],
    },
    { apiGroups: [''], resources: ['groups'], resourceNames: ['seers'], verbs: ['impersonate'] },
    { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
    { apiGroups: [''], resources: ['*'], verbs: ['get'] },
  ],
});
server.store.create({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'deputy' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'deputy' },
  subjects: [
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'deputy' },
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'double' },
  ],
});

server.store.create({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'reader-of-pods' },
  rules: [{ apiGroups: [''], resources: ['pods', 'pods/exec', 'pods/log'], verbs: ['get'] }],
});
server.store.create({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'reader-of-pods' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader-of-pods' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader-of-pods' }],
});

interface Impersonation {
  readonly name: string;
  readonly user: string;
  readonly groups: readonly string[];
  /** What is told; undefined where it is allowed. */
  readonly told?: RegExp;
}

const impersonations: readonly Impersonation[] = [
  { name: 'a user that one may be', user: 'double', groups: [] },
  {
    name: 'another user',
    user: 'joe',
    groups: [],
    told: /users "joe" is forbidden: User "deputy" cannot impersonate resource "users"/,
  },
  {
    name: 'a group besides',
    user: 'double',
    groups: ['system:masters'],
    told: /groups "system:masters" is forbidden/,
  },
  {
    name: 'a user that may do less',
    user: 'boss',
    groups: ['seers'],
    told: /User "boss" cannot get resource "pods"/,
  },
];

for (const { name, user, groups, told } of impersonations)
  t.test(`authorizeRequest() of ${name}`, async (t) => {
    const impersonator = { impersonator: IMPERSONATOR, impersonatedGroups: groups };
    const ask = (): void =>
      authorizeRequest(
        {
          method: 'GET',
          path: `${CORE}/pods/p`,
          query: new URLSearchParams(),
          user: { name: user, groups: [], ...impersonator },
        },
        server.store,
      );
    if (told === undefined) t.doesNotThrow(ask);
    else t.throws(ask, { reason: 'Forbidden', message: told });
  });

interface Upgrade {
  readonly name: string;
  readonly path: string;
  readonly told?: RegExp;
}

const upgrades: readonly Upgrade[] = [
  { name: 'a log', path: `${CORE}/pods/p/log` },
  {
    name: 'a command, for somebody who may read',
    path: `${CORE}/pods/p/exec?command=id`,
    told: /cannot create resource "pods\/exec"/,
  },
  {
    name: 'a path that resolves to something else',
    path: '/api/v1/namespaces/kube-system/secrets/p/exec/../../../../../../version',
    told: /cannot get resource "secrets\/exec"/,
  },
  {
    name: 'a path that begins like a host',
    path: '//localhost/version',
    told: /cannot get path "\/\/localhost\/version"/,
  },
];

for (const { name, path, told } of upgrades)
  t.test(`authorizeUpgrade() of ${name}`, async (t) => {
    const message = { url: path, method: 'GET' } as IncomingMessage; // all that is read of it
    const user: User = { name: 'reader-of-pods', groups: ['system:authenticated'] };
    const upgrade = { message, socket: new Duplex(), head: Buffer.alloc(0), user };
    const ask = (): void => authorizeUpgrade(upgrade, server.store);
    if (told === undefined) t.doesNotThrow(ask);
    else t.throws(ask, { reason: 'Forbidden', message: told });
  });
