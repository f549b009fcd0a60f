import { ApiError, type Endpoint } from '../../../../src/api/index.ts';
import { isRecord, type Outcome, type Row } from './expectation.ts';
import { Field, WEB, type NodeRow, type ServiceRow } from './plant.ts';
import { MANAGER, plantSlice, slicesOf } from './slices.ts';

const ZONE = 'topology.kubernetes.io/zone';
const NO_ZONE = '(none)';

type Counts = Readonly<Record<string, number>>;

/** Kinds `topologyAnnotation` and, where rows give zones, `trafficDistribution`. */
export async function topologyAnnotation({ input, expect }: Row, field: Field): Promise<Outcome> {
  plantZones(field, input);
  const service = serviceOf(input);
  try {
    field.service(service);
  } catch (error) {
    if (error instanceof ApiError) return { code: error.status, message: error.message };
    throw error;
  }
  plantPods(field, input);
  await field.start();
  return read(field, expect);
}

/** What is expected, without what only explains it. */
export function expectedTopology({ expect }: Row): Outcome {
  const { why: _why, ...rest } = expect;
  return rest;
}

/** Plays the variants of a row, each for itself. */
export async function topologyVariants(row: Row): Promise<readonly [Outcome, Outcome][]> {
  const { variants = [] } = row.expect as { readonly variants?: readonly Outcome[] };
  const pairs: [Outcome, Outcome][] = [];
  for (const { annotations, ...expect } of variants) {
    await using field = new Field();
    const variant = { ...row, input: { ...row.input, annotations }, expect };
    const outcome = await topologyAnnotation(variant, field);
    const { message } = outcome;
    const isNamed = typeof message === 'string' && message.includes(String(expect['message']));
    pairs.push([expect, isNamed ? { ...outcome, message: expect['message'] } : outcome]);
  }
  return pairs;
}

/** Kind `trafficDistribution`: the hints of one endpoint. */
export async function trafficDistribution(row: Row, field: Field): Promise<Outcome> {
  const endpoint = row.input['endpoint'] as
    | { readonly ready: boolean; readonly zone: string | null; readonly nodeName: string }
    | undefined;
  if (endpoint === undefined) return topologyAnnotation(row, field);
  const { ready, zone, nodeName } = endpoint;
  field.node({ name: nodeName, labels: zone === null ? {} : { [ZONE]: zone } });
  const service = field.service(serviceOf(row.input));
  const pod = field.pod({ name: 'p1', ready, nodeName, podIPs: ['10.244.1.5'] });
  if (row.input['trafficDistribution'] === null) {
    plantSlice(field, {
      metadata: {
        namespace: 'ns1',
        name: 'web-old',
        labels: {
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': MANAGER,
        },
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'Service',
            name: 'web',
            uid: service.metadata.uid,
            controller: true,
          },
        ],
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: ['10.244.1.5'],
          conditions: { ready, serving: ready, terminating: false },
          nodeName,
          ...(zone !== null && { zone }),
          targetRef: { kind: 'Pod', namespace: 'ns1', name: 'p1', uid: pod.metadata.uid },
          hints: { forZones: [{ name: zone ?? 'za' }] },
        },
      ],
    });
  }
  await field.start();
  const [first] = endpointsOf(field);
  return { hints: plainHints(first) };
}

function plainHints(endpoint: Endpoint | undefined): unknown {
  if (endpoint?.hints === undefined) return null;
  const { forZones, forNodes } = endpoint.hints;
  return {
    ...(forZones && { forZones: forZones.map(({ name }) => name) }),
    ...(forNodes && { forNodes: forNodes.map(({ name }) => name) }),
  };
}

function serviceOf({
  annotation,
  annotations,
  trafficDistribution: distribution,
}: Row['input']): ServiceRow {
  const [key = '', value = ''] = typeof annotation === 'string' ? annotation.split(': ') : [];
  return {
    ...WEB,
    annotations: {
      ...(isRecord(annotations) ? (annotations as Readonly<Record<string, string>>) : {}),
      ...(key !== '' && { [key]: value }),
    },
    spec: {
      ...WEB.spec,
      ...(typeof distribution === 'string' && { trafficDistribution: distribution }),
    },
  };
}

function cpuOf({ readyNodeCPUByZone, cpu }: Row['input']): Counts | undefined {
  return (readyNodeCPUByZone ?? cpu) as Counts | undefined;
}

function endpointCounts({ readyEndpointsByZone, endpoints, nodes }: Row['input']): Counts {
  const given = (readyEndpointsByZone ?? endpoints) as Counts | undefined;
  if (given !== undefined) return given;
  return typeof nodes === 'string' && /unlabelled/.test(nodes)
    ? { za: 2, zb: 2, [NO_ZONE]: 0 }
    : { za: 2, zb: 2 };
}

/** A Node for each zone, named after it, as the row's numbers or words want it. */
function plantZones(field: Field, input: Row['input']): void {
  const { nodes } = input;
  const cpu = cpuOf(input);
  const rows =
    typeof nodes === 'string' && cpu === undefined
      ? nodesInWords(nodes)
      : Object.entries(cpu ?? { za: 4, zb: 4 }).map(([zone, cores]) =>
          zoneNode(zone, { cpu: String(cores) }),
        );
  for (const row of rows) field.node(row);
  const planted = new Set(rows.map(({ name }) => name));
  for (const zone of Object.keys(endpointCounts(input))) {
    if (planted.has(nodeOf(zone))) continue;
    // A Node that holds Pods and does not count.
    const labels = {
      'node-role.kubernetes.io/control-plane': '',
      ...(zone !== NO_ZONE && { [ZONE]: zone }),
    };
    field.node({ name: nodeOf(zone), labels });
  }
}

/** `two zones plus one unlabelled node`, or `za: worker; zb: control-plane only`. */
function nodesInWords(text: string): readonly NodeRow[] {
  const listed = [...text.matchAll(/(\w+): ([^;]+)/g)];
  if (listed.length > 0)
    return listed.map(([, zone = '', role = '']) =>
      zoneNode(zone, {
        isReady: !/not ready/.test(role),
        labels: /control-plane|master/.test(role)
          ? { 'node-role.kubernetes.io/control-plane': '' }
          : {},
      }),
    );
  const count = /three/.test(text) ? 3 : 2;
  const zones = ['za', 'zb', 'zc'].slice(0, count).map((zone) => zoneNode(zone, {}));
  return /unlabelled/.test(text) ? [...zones, { name: nodeOf(NO_ZONE) }] : zones;
}

function zoneNode(zone: string, row: Partial<NodeRow>): NodeRow {
  return { ...row, name: nodeOf(zone), labels: { ...row.labels, [ZONE]: zone } };
}

function nodeOf(zone: string): string {
  return zone === NO_ZONE ? 'node-without-zone' : `node-${zone}`;
}

function plantPods(field: Field, input: Row['input']): void {
  let pods = 0;
  for (const [zone, count] of Object.entries(endpointCounts(input)))
    for (let index = 0; index < count; index += 1) {
      pods += 1;
      field.pod({ name: `p${pods}`, nodeName: nodeOf(zone), podIPs: [`10.244.1.${pods}`] });
    }
}

function endpointsOf(field: Field): readonly Endpoint[] {
  return slicesOf(field, MANAGER).flatMap(({ endpoints = [] }) => endpoints);
}

function read(field: Field, expect: Row['expect']): Outcome {
  const endpoints = endpointsOf(field);
  const hinted = endpoints.map(({ zone = '', hints }) => ({
    from: zone,
    to: hints?.forZones?.[0]?.name,
  }));
  const withHints = hinted.filter(({ to }) => to !== undefined);
  const perZone: Record<string, number> = {};
  for (const { to = '' } of withHints) perZone[to] = (perZone[to] ?? 0) + 1;
  const moves = withHints.filter(({ from, to }) => from !== to);
  const moved = moves
    .filter(
      (move, index) =>
        moves.findIndex(({ from, to }) => from === move.from && to === move.to) === index,
    )
    .map(({ from, to }) => ({
      from,
      to,
      count: moves.filter((move) => move.from === from && move.to === to).length,
    }));
  const isAll = withHints.length === endpoints.length && endpoints.length > 0;
  const some = withHints.length === 0 ? 'none' : 'some';
  const known: Outcome = {
    hints: isAll ? 'all' : some,
    enabled: isAll,
    hintsPerZone: perZone,
    moved,
    event: field.events()[0]?.reason,
  };
  return Object.fromEntries(
    Object.keys(expect)
      .filter((key) => key !== 'variants' && key !== 'why')
      .map((key) => [key, key in known ? known[key] : 'not understood']),
  );
}
