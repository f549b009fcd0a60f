import t from 'tap';
import {
  APPLY_PATCH,
  MERGE_PATCH,
  STRATEGIC_PATCH,
  testExchanges,
  type Exchange,
} from '../exchange.ts';
import { startTestServer } from '../test-server.ts';

const server = await startTestServer();
t.teardown(() => server[Symbol.asyncDispose]());

const POD = '/api/v1/namespaces/default/pods/p';
const debug = (container: object): object => ({ spec: { ephemeralContainers: [container] } });
const sized = (cpu: string): object => ({
  spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] },
});

const rows: readonly Exchange[] = [
  {
    name: 'a Pod',
    method: 'POST',
    path: '/api/v1/namespaces/default/pods',
    body: {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] },
    },
    status: 201,
  },
  {
    name: 'a container for debugging',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: STRATEGIC_PATCH,
    body: debug({ name: 'debug', image: 'busybox', targetContainerName: 'c' }),
    status: 200,
    has: { spec: { ephemeralContainers: [{ name: 'debug', terminationMessagePolicy: 'File' }] } },
  },
  {
    name: 'another image of it',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: STRATEGIC_PATCH,
    body: debug({ name: 'debug', image: 'other' }),
    status: 422,
    says: /existing ephemeral containers ..debug.. may not be changed/,
  },
  {
    name: 'less of it',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: STRATEGIC_PATCH,
    body: debug({ name: 'debug', targetContainerName: null }),
    status: 422,
    says: /existing ephemeral containers ..debug.. may not be changed/,
  },
  {
    name: 'none of it',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: MERGE_PATCH,
    body: debug({ name: 'other', image: 'i' }),
    status: 422,
    says: /existing ephemeral containers ..debug.. may not be removed/,
  },
  {
    name: 'a target that is not there',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: STRATEGIC_PATCH,
    body: debug({ name: 'second', image: 'i', targetContainerName: 'debug' }),
    status: 422,
    says: 'Pod "p" is invalid: spec.ephemeralContainers[0].targetContainerName: Not found: "debug"',
  },
  {
    name: 'what a container for debugging has not',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: STRATEGIC_PATCH,
    body: debug({ name: 'second', image: 'i', ports: [{ containerPort: 80 }], resources: {} }),
    status: 422,
    says: 'Pod "p" is invalid: spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
  },
  {
    name: 'a name that is none',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: STRATEGIC_PATCH,
    body: debug({ name: 'No_Name', image: 'i' }),
    status: 422,
    says: /spec\.ephemeralContainers\[0\]\.name: Invalid value: /,
  },
  {
    name: 'a Pod that begins with one',
    method: 'POST',
    path: '/api/v1/namespaces/default/pods',
    body: {
      metadata: { name: 'q' },
      spec: {
        containers: [{ name: 'c', image: 'i' }],
        ephemeralContainers: [{ name: 'd', image: 'i' }],
      },
    },
    status: 422,
    says: 'Pod "q" is invalid: spec.ephemeralContainers: Forbidden: cannot be set on create',
  },
  {
    name: 'the name of a container',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: STRATEGIC_PATCH,
    body: debug({ name: 'c', image: 'i' }),
    status: 422,
    says: /Duplicate value: /,
  },
  {
    name: 'a container for debugging by the Pod itself, which changes nothing',
    method: 'PATCH',
    path: POD,
    headers: MERGE_PATCH,
    body: debug({ name: 'late', image: 'i' }),
    status: 200,
    has: { spec: { ephemeralContainers: [{ name: 'debug' }] } },
  },
  {
    name: 'the name of another Pod',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: MERGE_PATCH,
    body: { metadata: { name: 'other' } },
    status: 400,
    says: /the name of the object \(other\) does not match the name on the URL \(p\)/,
  },
  {
    name: 'a field that is none, in a patch',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: MERGE_PATCH,
    body: { spec: { colour: 'red' } },
    status: 200,
    warns: /unknown field \\"spec.colour\\"/,
  },
  {
    name: 'a field that is none, in a patch that is refused',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers`,
    headers: MERGE_PATCH,
    body: { spec: { colour: 'red', ephemeralContainers: [] } },
    status: 422,
    warns: /unknown field \\"spec.colour\\"/,
  },
  {
    name: 'a container for debugging that is applied, besides the other one',
    method: 'PATCH',
    path: `${POD}/ephemeralcontainers?fieldManager=me`,
    headers: APPLY_PATCH,
    body: [
      'apiVersion: v1',
      'kind: Pod',
      'metadata: {name: p}',
      'spec: {ephemeralContainers: [{name: applied, image: busybox}]}',
    ].join('\n'),
    status: 200,
    has: {
      metadata: {
        managedFields: [{ manager: 'me', operation: 'Apply', subresource: 'ephemeralcontainers' }],
      },
      spec: { ephemeralContainers: [{ name: 'debug' }, { name: 'applied', image: 'busybox' }] },
    },
  },
  {
    name: 'what is applied without a manager',
    method: 'PATCH',
    path: `${POD}/resize`,
    headers: APPLY_PATCH,
    body: '{apiVersion: v1, kind: Pod, metadata: {name: p}}',
    status: 422,
    says: /fieldManager: Required value: is required for apply patch/,
  },
  { name: 'what there is', path: `${POD}/ephemeralcontainers`, status: 200, has: { kind: 'Pod' } },
  { name: 'no delete', method: 'DELETE', path: `${POD}/ephemeralcontainers`, status: 405 },
  {
    name: 'another size',
    method: 'PATCH',
    path: `${POD}/resize`,
    headers: STRATEGIC_PATCH,
    body: sized('2'),
    status: 200,
    has: { spec: { containers: [{ resources: { requests: { cpu: '2' } } }] } },
  },
  {
    name: 'a size of another class',
    method: 'PATCH',
    path: `${POD}/resize`,
    headers: STRATEGIC_PATCH,
    body: {
      spec: { containers: [{ name: 'c', resources: { limits: { cpu: '2', memory: '1Gi' } } }] },
    },
    status: 422,
    says: 'Pod "p" is invalid: spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
  },
  {
    name: 'another size by the Pod itself',
    method: 'PATCH',
    path: POD,
    headers: STRATEGIC_PATCH,
    body: sized('3'),
    status: 422,
    says: /pod updates may not change fields other than/,
  },
  { name: 'the sizes', path: `${POD}/resize`, status: 200, has: { kind: 'Pod' } },
];
testExchanges(t, rows, server);
