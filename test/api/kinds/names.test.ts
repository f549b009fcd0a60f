import t from 'tap';
import { createKindRegistry, KINDS } from '../../../src/api/index.ts';
import { validateObjectMeta } from '../../../src/api/object-meta.ts';

const registry = createKindRegistry(KINDS);

const DOTS = 'must not contain dots';
const SLASH = "may not contain '/'";

const cases: readonly {
  readonly kind: string;
  readonly name: string;
  readonly wrong?: string;
}[] = [
  { kind: 'ClusterRole.rbac.authorization.k8s.io', name: 'system:metrics-server' },
  { kind: 'ClusterRoleBinding.rbac.authorization.k8s.io', name: 'metrics-server:System' },
  { kind: 'Role.rbac.authorization.k8s.io', name: 'gce:podsecuritypolicy:Job' },
  { kind: 'RoleBinding.rbac.authorization.k8s.io', name: 'a/b', wrong: SLASH },
  { kind: 'CertificateSigningRequest.certificates.k8s.io', name: 'node_csr:A' },
  { kind: 'StatefulSet', name: 'web.v1', wrong: DOTS },
  { kind: 'Namespace', name: 'a.b', wrong: DOTS },
  { kind: 'Deployment', name: 'web.v1' },
];

for (const { kind, name, wrong } of cases) {
  void t.test(`${kind} ${wrong === undefined ? 'may' : 'may not'} be named ${name}`, (t) => {
    const definition = registry.byName(kind);
    const metadata = { name, ...(definition.isNamespaced ? { namespace: 'default' } : {}) };
    const object = { apiVersion: 'v1', kind: 'X', metadata };
    const errors = validateObjectMeta(object, definition).map(({ message }) => message);
    t.same(
      errors,
      wrong === undefined ? [] : [`Invalid value: "${name}": ${wrong}`],
      'as the API server says',
    );
    t.end();
  });
}
