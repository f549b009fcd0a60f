import t from 'tap';
import { createKindRegistry, KINDS } from '../../../src/api/index.ts';
import { protoDouble, protoMessage } from '../../../src/apiserver/openapi/proto-writer.ts';
import { openApiV2 } from '../../../src/apiserver/openapi/v2-document.ts';
import { schemaMessage } from '../../../src/apiserver/openapi/v2-schema.ts';
import { ask } from '../ask.ts';
import { startTestServer } from '../test-server.ts';

const hex = (bytes: Buffer): string => bytes.toString('hex');

const messages = [
  { name: 'a text', bytes: protoMessage([[1, 'ab']]), hex: '0a026162' },
  { name: 'an empty text', bytes: protoMessage([[1, '']]), hex: '0a00' },
  { name: 'nothing', bytes: protoMessage([[1, undefined]]), hex: '' },
  { name: 'a number of two bytes', bytes: protoMessage([[2, 300]]), hex: '10ac02' },
  { name: 'a boolean', bytes: protoMessage([[3, true]]), hex: '1801' },
  { name: 'a field of two bytes', bytes: protoMessage([[31, 'a']]), hex: 'fa010161' },
  { name: 'a list', bytes: protoMessage([[1, ['a', 'b']]]), hex: '0a01610a0162' },
  { name: 'a float', bytes: protoDouble(7, 1), hex: '39000000000000f03f' },
];
for (const { name, bytes, hex: wanted } of messages)
  t.test(`protoMessage() writes ${name}`, async (t) => {
    t.equal(hex(bytes), wanted);
  });

const schemas = [
  {
    name: 'a reference',
    schema: { allOf: [{ $ref: '#/components/schemas/a.B' }], default: {} },
    bytes: protoMessage([[1, '#/definitions/a.B']]),
  },
  {
    name: 'a number or a text as a text',
    schema: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
    bytes: protoMessage([
      [2, 'int-or-string'],
      [22, protoMessage([[1, 'string']])],
    ]),
  },
  {
    name: 'anything without a type',
    schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    bytes: protoMessage([
      [
        31,
        [
          protoMessage([
            [1, 'x-kubernetes-preserve-unknown-fields'],
            [2, protoMessage([[2, 'true\n']])],
          ]),
        ],
      ],
    ]),
  },
] as const;
for (const { name, schema, bytes } of schemas)
  t.test(`schemaMessage() writes ${name}`, async (t) => {
    t.equal(hex(schemaMessage(schema)), hex(bytes));
  });

t.test('openApiV2() has every kind that is served', async (t) => {
  const document = openApiV2(createKindRegistry(KINDS));
  t.equal(hex(document.subarray(0, 5)), hex(protoMessage([[1, '2.0']])));
  for (const name of ['io.k8s.api.apps.v1.Deployment', 'io.k8s.api.core.v1.Pod', 'fieldValidation'])
    t.ok(document.includes(name), name);
});

t.test('serveOpenApi() answers version 2 in protobuf alone', async (t) => {
  await using server = await startTestServer();
  const path = '/openapi/v2';
  const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
  const { status, headers } = await ask(server, { path, headers: { accept } });
  t.equal(status, 200);
  t.equal(headers['content-type'], 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  const other = await ask(server, { path, headers: { accept: 'application/json' } });
  t.equal(other.status, 406);
});
