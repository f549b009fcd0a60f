import * as fc from 'fast-check';
import t from 'tap';
import { ApiError, isJsonObject, type JsonObject } from '../../src/api/index.ts';
import { readGoObject } from '../../src/apiserver/go-json/index.ts';

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' };
const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };

function fieldsOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A time as it is read, or what Go says of it. */
function outcomeOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.message.replace(/^.*?: (?=parsing|json)/, '');
  }
}

function readTime(creationTimestamp: unknown): unknown {
  return outcomeOf(() => {
    const read = readGoObject({ metadata: { creationTimestamp } }, CONFIG_MAP);
    return fieldsOf(read?.value['metadata'])['creationTimestamp'];
  });
}

function readMicroTime(renewTime: unknown): unknown {
  return outcomeOf(() => {
    const read = readGoObject({ spec: { renewTime } }, LEASE);
    return fieldsOf(read?.value['spec'])['renewTime'];
  });
}

const LAYOUT = '"2006-01-02T15:04:05Z07:00"';
const MICRO_LAYOUT = '"2006-01-02T15:04:05.000000Z07:00"';

/** What Go's time.Parse says. */
const times: readonly (readonly [given: string, outcome: string])[] = [
  ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z'],
  ['2024-01-01T00:00:00.987654Z', '2024-01-01T00:00:00Z'],
  ['2024-01-01T00:00:00,5Z', '2024-01-01T00:00:00Z'],
  ['2024-01-01T5:00:00Z', '2024-01-01T05:00:00Z'],
  ['2024-01-01T00:00:00+12:60', '2023-12-31T11:00:00Z'],
  ['2024-02-29T23:59:59-01:30', '2024-03-01T01:29:59Z'],
  ['2024-02-30T00:00:00Z', 'parsing time "2024-02-30T00:00:00Z": day out of range'],
  ['2024-13-01T00:00:00Z', 'parsing time "2024-13-01T00:00:00Z": month out of range'],
  ['2024-01-01T24:00:00Z', 'parsing time "2024-01-01T24:00:00Z": hour out of range'],
  ['2024-01-01T00:60:00Z', 'parsing time "2024-01-01T00:60:00Z": minute out of range'],
  ['2024-01-01T00:00:60Z', 'parsing time "2024-01-01T00:00:60Z": second out of range'],
  [
    '2024-01-01T00:00:00+25:00',
    'parsing time "2024-01-01T00:00:00+25:00": time zone offset hour out of range',
  ],
  [
    '2024-01-01t00:00:00Z',
    `parsing time "2024-01-01t00:00:00Z" as ${LAYOUT}: cannot parse "t00:00:00Z" as "T"`,
  ],
  [
    '2024-01-01T00:00:00z',
    `parsing time "2024-01-01T00:00:00z" as ${LAYOUT}: cannot parse "z" as "Z07:00"`,
  ],
  ['2024-01-01T00:00:00Zx', 'parsing time "2024-01-01T00:00:00Zx": extra text: "x"'],
  ['', `parsing time "" as ${LAYOUT}: cannot parse "" as "2006"`],
];
for (const [given, outcome] of times)
  t.test(`readGoObject() of the time ${JSON.stringify(given)}`, async (t) => {
    t.equal(readTime(given), outcome);
  });

const microTimes: readonly (readonly [given: string, outcome: string])[] = [
  ['2024-01-01T00:00:00.123456Z', '2024-01-01T00:00:00.123456Z'],
  ['2024-01-01T00:00:00.000001+01:00', '2023-12-31T23:00:00.000001Z'],
  [
    '2024-01-01T00:00:00Z',
    `parsing time "2024-01-01T00:00:00Z" as ${MICRO_LAYOUT}: cannot parse "Z" as ".000000"`,
  ],
  [
    '2024-01-01T00:00:00.5Z',
    `parsing time "2024-01-01T00:00:00.5Z" as ${MICRO_LAYOUT}: cannot parse ".5Z" as ".000000"`,
  ],
  [
    '2024-01-01T00:00:00.1234567Z',
    `parsing time "2024-01-01T00:00:00.1234567Z" as ${MICRO_LAYOUT}: cannot parse "7Z" as "Z07:00"`,
  ],
];
for (const [given, outcome] of microTimes)
  t.test(`readGoObject() of the time with micros ${JSON.stringify(given)}`, async (t) => {
    t.equal(readMicroTime(given), outcome);
  });

t.test('readGoObject() reads any text for a time or says why not', async () => {
  const near = fc
    .array(fc.constantFrom('2024', '-', '02', '30', 'T', ':', '59', '.5', 'Z', '+24:60', '0000'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (text) => {
      const read = [readTime(text), readMicroTime(text)];
      return read.every((one) => typeof one === 'string' && /^(parsing time |\d{4}-)/.test(one));
    }),
  );
});

t.test('readGoObject() keeps keys that objects have from elsewhere', async (t) => {
  const body = JSON.parse('{"data":{"__proto__":null,"constructor":null}}') as JsonObject;
  const read = readGoObject(body, CONFIG_MAP);
  t.equal(JSON.stringify(read?.value), '{"data":{"__proto__":"","constructor":""}}');
});

t.test('readGoObject() tells the first hundred unknown fields', async (t) => {
  const fields = Array.from({ length: 150 }, (_, index) => [`x${index}`, 0] as const);
  const read = readGoObject(Object.fromEntries(fields), CONFIG_MAP);
  t.equal(read?.complaints.length, 100);
  t.equal(read?.complaints[0], 'unknown field "x0"');
  t.same(read?.value, {});
});

const WRONG = [
  {
    name: 'an embedded struct',
    body: { spec: { volumes: [{ name: 'v', emptyDir: [] }] } },
    error:
      'json: cannot unmarshal array into Go struct field Volume.spec.volumes.VolumeSource.emptyDir of type v1.EmptyDirVolumeSource',
  },
  {
    name: 'a struct within an embedded one',
    body: { spec: { containers: [{ livenessProbe: { exec: { command: 5 } } }] } },
    error:
      'json: cannot unmarshal number into Go struct field ExecAction.spec.containers.livenessProbe.ProbeHandler.exec.command of type []string',
  },
];
for (const { name, body, error } of WRONG)
  t.test(`readGoObject() names the way to a wrong field of ${name}`, async (t) => {
    const outcome = outcomeOf(() => readGoObject(body, { apiVersion: 'v1', kind: 'Pod' }));
    t.equal(outcome, error);
  });
