import t from 'tap';
import {
  changeRefusals,
  refusalsWith,
  stored,
  validObject,
  type ChangeRow,
  type Row,
} from './rare.ts';

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const ADMISSION = 'admissionregistration.k8s.io/v1';

const webhook = (more: object = {}): object => ({
  name: 'a.example.org',
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  clientConfig: { service: { namespace: 'n', name: 's', port: 443 } },
  ...more,
});
const RULE = {
  operations: ['CREATE'],
  apiGroups: ['example.org'],
  apiVersions: ['v1'],
  resources: ['widgets'],
};
const WEBHOOKS = await validObject({
  apiVersion: ADMISSION,
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'x' },
  webhooks: [webhook({ matchConditions: [{ name: 'm', expression: 'true' }] })],
});
const POLICY = await validObject({
  apiVersion: ADMISSION,
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'x' },
  spec: {
    matchConstraints: { resourceRules: [RULE] },
    variables: [{ name: 'size', expression: '3' }],
    validations: [{ expression: 'object.spec.size < variables.size' }],
  },
});
const BINDING = await validObject({
  apiVersion: ADMISSION,
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'x' },
  spec: { policyName: 'x', validationActions: ['Deny'] },
});
const FLOW_SCHEMA = await validObject({
  apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
  kind: 'FlowSchema',
  metadata: { name: 'x' },
  spec: {
    priorityLevelConfiguration: { name: 'global-default' },
    rules: [
      {
        subjects: [{ kind: 'Group', group: { name: 'g' } }],
        resourceRules: [
          { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['n'] },
        ],
      },
    ],
  },
});
const LEVEL = await validObject({
  apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
  kind: 'PriorityLevelConfiguration',
  metadata: { name: 'x' },
  spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } },
});
const pem = (type: string): string =>
  Buffer.from(`-----BEGIN ${type}-----\nAA==\n-----END ${type}-----\n`).toString('base64');
const REQUEST = await validObject({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'x' },
  spec: {
    request: pem('CERTIFICATE REQUEST'),
    signerName: 'example.org/s',
    usages: ['client auth'],
  },
});
const RUNTIME_CLASS = await validObject({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name: 'x' },
  handler: 'h',
});

t.test('rare kinds get their defaults', async (t) => {
  t.match(stored(FLOW_SCHEMA), { spec: { matchingPrecedence: 1000 } });
  t.match(stored(LEVEL), {
    spec: {
      limited: {
        nominalConcurrencyShares: 30,
        lendablePercent: 0,
        limitResponse: { queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
      },
    },
  });
  t.equal(stored(POLICY, { status: { observedGeneration: 7 } })['status'], undefined);
  t.match(stored(WEBHOOKS), { webhooks: [{ timeoutSeconds: 10, failurePolicy: 'Fail' }] });
});

const policy = (spec: object): object => ({ spec });
const flow = (spec: object): object => ({ spec });
const queuing = (fields: object): object => ({
  spec: { limited: { limitResponse: { queuing: fields } } },
});

const rows: readonly (Row & { readonly of: Parameters<typeof refusalsWith>[0] })[] = [
  ...[WEBHOOKS, POLICY, BINDING, FLOW_SCHEMA, LEVEL, REQUEST, RUNTIME_CLASS].map((of) => ({
    of,
    name: 'nothing wrong',
    with: {},
    errors: [],
  })),
  {
    of: WEBHOOKS,
    name: 'a name that is none, twice',
    with: { webhooks: [webhook({ name: 'a.b' }), webhook({ name: 'a.b' })] },
    errors: [
      'webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
      'webhooks[1].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
      'webhooks[1].name: Duplicate value: "a.b"',
    ],
  },
  {
    of: WEBHOOKS,
    name: 'words that are none',
    with: {
      webhooks: [
        webhook({
          failurePolicy: 'x',
          sideEffects: 'Some',
          timeoutSeconds: 31,
          clientConfig: {},
          admissionReviewVersions: ['v2'],
        }),
      ],
    },
    errors: [
      'webhooks[0].failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore"',
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
      'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    ],
  },
  {
    of: WEBHOOKS,
    name: 'rules that say too much',
    with: {
      webhooks: [
        webhook({
          rules: [
            {
              operations: ['*', 'READ'],
              apiGroups: ['*', 'a'],
              apiVersions: [''],
              resources: ['pods/*', 'pods/log', '*', 'pods'],
              scope: 'x',
            },
          ],
        }),
      ],
    },
    errors: [
      `webhooks[0].rules[0].operations: Invalid value: ["*","READ"]: if '*' is present, must not specify other operations`,
      'webhooks[0].rules[0].operations[1]: Unsupported value: "READ": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
      `webhooks[0].rules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other API groups`,
      'webhooks[0].rules[0].apiVersions[0]: Required value',
      `webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
      `webhooks[0].rules[0].resources: Invalid value: ["pods/*","pods/log","*","pods"]: if '*' is present, must not specify other resources without subresources`,
      'webhooks[0].rules[0].scope: Unsupported value: "x": supported values: "*", "Cluster", "Namespaced"',
    ],
  },
  {
    of: WEBHOOKS,
    name: 'conditions that nobody can read',
    with: {
      webhooks: [
        webhook({
          matchConditions: [
            { name: 'a', expression: '1' },
            { name: 'a', expression: 'x == 1' },
            { expression: 'object.a b' },
          ],
        }),
      ],
    },
    errors: [
      'webhooks[0].matchConditions[0].expression: Invalid value: "1": must evaluate to bool but got int',
      `webhooks[0].matchConditions[1].expression: Invalid value: "x == 1": compilation failed: ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x == 1\n | ^`,
      'webhooks[0].matchConditions[1].name: Duplicate value: "a"',
      `webhooks[0].matchConditions[2].expression: Invalid value: "object.a b": compilation failed: ERROR: <input>:1:10: Syntax error: extraneous input 'b' expecting <EOF>\n | object.a b\n | .........^`,
      'webhooks[0].matchConditions[2].name: Required value',
    ],
  },
  {
    of: POLICY,
    name: 'nothing to judge',
    with: policy({ validations: [], matchConstraints: undefined, paramKind: { kind: 'A b' } }),
    errors: [
      'spec.paramKind.apiVersion: Required value',
      `spec.paramKind.kind: Invalid value: "A b": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      'spec.matchConstraints: Required value',
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
    ],
  },
  {
    of: POLICY,
    name: 'variables that are not there',
    with: policy({ variables: [{ name: 'if', expression: '1' }] }),
    errors: [
      'spec.variables[0].name: Invalid value: "if": must be a valid CEL identifier',
      `spec.validations[0].expression: Invalid value: "object.spec.size < variables.size": compilation failed: ERROR: <input>:1:29: undefined field 'size'\n | object.spec.size < variables.size\n | ............................^`,
    ],
  },
  {
    of: POLICY,
    name: 'messages and annotations that are none',
    with: policy({
      validations: [
        { expression: 'true', message: 'a\nb', messageExpression: '1', reason: 'Why' },
        { expression: 'params.a == 1' },
      ],
      auditAnnotations: [{ key: 'k', valueExpression: 'true' }, { key: 'k' }],
    }),
    errors: [
      'spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int',
      'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
      'spec.validations[0].reason: Unsupported value: "Why": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
      `spec.validations[1].expression: Invalid value: "params.a == 1": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.a == 1\n | ^`,
      'spec.auditAnnotations[0].valueExpression: Invalid value: "true": must evaluate to one of [string null_type] but got bool',
      'spec.auditAnnotations[1].valueExpression: Required value: valueExpression is not specified',
      'spec.auditAnnotations[1].key: Duplicate value: "k"',
    ],
  },
  {
    of: BINDING,
    name: 'actions that exclude each other, and parameters from nowhere',
    with: {
      spec: {
        policyName: '',
        validationActions: ['Deny', 'Warn', 'x'],
        paramRef: { parameterNotFoundAction: 'x' },
      },
    },
    errors: [
      'spec.policyName: Required value',
      'spec.paramRef: Required value: one of name or selector must be specified',
      'spec.paramRef.parameterNotFoundAction: Unsupported value: "x": supported values: "Deny", "Allow"',
      'spec.validationActions[2]: Unsupported value: "x": supported values: "Audit", "Deny", "Warn"',
      'spec.validationActions: Invalid value: ["Deny","Warn","x"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    ],
  },
  {
    of: FLOW_SCHEMA,
    name: 'a precedence that is reserved, and rules about nothing',
    with: flow({
      matchingPrecedence: 1,
      distinguisherMethod: { type: 'x' },
      priorityLevelConfiguration: { name: '' },
      rules: [{ subjects: [{ kind: 'User', group: { name: 'g' } }, { kind: 'x' }] }],
    }),
    errors: [
      `spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1`,
      'spec.distinguisherMethod.type: Unsupported value: {"Type":"x"}: supported values: "ByNamespace", "ByUser"',
      'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
      `spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'`,
      `spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'`,
      'spec.rules[0].subjects[1].kind: Unsupported value: "x": supported values: "Group", "ServiceAccount", "User"',
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    ],
  },
  {
    of: FLOW_SCHEMA,
    name: 'rules with words that are none',
    with: flow({
      rules: [
        {
          subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: '' } }],
          resourceRules: [{ verbs: ['*', 'get'], resources: ['*', 'a'], namespaces: ['A'] }],
          nonResourceRules: [{ verbs: ['fly'], nonResourceURLs: ['x', '/a*', '/a/*', '/a//b'] }],
        },
      ],
    }),
    errors: [
      'spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account',
      `spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
      'spec.rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group',
      `spec.rules[0].resourceRules[0].resources: Invalid value: ["*","a"]: if '*' is present, must not specify other resources`,
      `spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: "A": each member of this list must be '*' or a DNS-1123 label; ${LABEL}`,
      'spec.rules[0].nonResourceRules[0].verbs: Unsupported value: ["fly"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "x": must start with slash',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*": wildcard can only do suffix matching',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a//b": must not contain double slash',
    ],
  },
  {
    of: LEVEL,
    name: 'a hand that is larger than the deck',
    with: queuing({ queues: 4, queueLengthLimit: -1 }),
    errors: [
      'spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: -1: must be positive',
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)',
    ],
  },
  {
    of: LEVEL,
    name: 'a deck that no hash deals',
    with: queuing({ queues: 1000, handSize: 7 }),
    errors: [
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 1000 and handSize 7 should not be greater than 60',
    ],
  },
  {
    of: LEVEL,
    name: 'a type that is reserved',
    with: { spec: { type: 'Exempt' } },
    errors: [
      "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
      'spec.limited: Forbidden: must be nil if the type is not Limited',
    ],
  },
  {
    of: REQUEST,
    name: 'nothing that it should have',
    with: {
      spec: {
        request: pem('CERTIFICATE'),
        signerName: 'org/A',
        usages: ['client auth', 'client auth', 'x'],
        expirationSeconds: 599,
      },
    },
    errors: [
      `spec.request: Invalid value: "${pem('CERTIFICATE')}": PEM block type must be CERTIFICATE REQUEST`,
      /^spec.usages\[2\]: Unsupported value: "x"/,
      'spec.usages[1]: Duplicate value: "client auth"',
      'spec.signerName: Invalid value: "org": should be a domain with at least two segments separated by dots',
      /^spec.signerName: Invalid value: "A": validating label "A": a lowercase RFC 1123 subdomain/,
      'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
    ] as unknown as readonly string[],
  },
  {
    of: RUNTIME_CLASS,
    name: 'an overhead of what nobody has, and tolerations twice',
    with: {
      handler: 'A',
      overhead: { podFixed: { dogs: '1', cpu: '-1' } },
      scheduling: { tolerations: [{ operator: 'Exists' }, { operator: 'Exists' }] },
    },
    errors: [
      `handler: Invalid value: "A": ${LABEL}`,
      'overhead.limits[dogs]: Invalid value: "dogs": must be a standard resource type or fully qualified',
      'overhead.limits[dogs]: Invalid value: "dogs": must be a standard resource for containers',
      'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      'scheduling.tolerations[1]: Duplicate value: {"operator":"Exists"}',
    ],
  },
];
for (const { of, name, with: fields, errors } of rows) {
  t.test(`a ${of.kind} with ${name}`, async (t) => {
    const found = refusalsWith(of, fields);
    t.equal(found.length, errors.length, found.join('\n'));
    t.match(found, errors);
  });
}

const changes: readonly (ChangeRow & { readonly of: Parameters<typeof refusalsWith>[0] })[] = [
  {
    of: RUNTIME_CLASS,
    name: 'another handler',
    with: { handler: 'other' },
    errors: ['handler: Invalid value: "other": field is immutable'],
  },
  {
    of: REQUEST,
    name: 'another request, which nobody looks at',
    with: { spec: { request: 'AA==' } },
    errors: [],
  },
  { of: LEVEL, name: 'more queues', with: queuing({ queues: 128 }), errors: [] },
];
for (const row of changes) {
  t.test(`a ${row.of.kind} that is updated to ${row.name}`, async (t) => {
    t.same(changeRefusals(row.of, row), row.errors);
  });
}
