/** What is asked, in groups that do not disturb each other. */
import { parse } from 'yaml';
import type { Group, Question } from './both.ts';
import { change, damage, damageStatus, type Damaged } from './damage.ts';
import { applies, patches, type Chance } from './patches.ts';
import { read, samples, type Sample } from './samples.ts';

/** Groups of one concern. */
export type Part = (chance: Chance) => readonly Group[];

/** Every part by name. */
export const PARTS: Readonly<Record<string, Part>> = {
  create: creates,
  update: updates,
  edit: edits,
  status: statuses,
  table: tables,
  protocol: () => requestsOf('protocol.yaml'),
  admission: () => requestsOf('admission.yaml'),
  'pod-security': () => requestsOf('pod-security.yaml'),
  patch: patches,
  apply: applies,
  patching: () => requestsOf('patching.yaml'),
};

/** Creates that change nothing, of every object and every damage to it. */
function creates(): readonly Group[] {
  return samples().map(({ name, object, collection }) => {
    const path = `${collection}?dryRun=All`;
    const wrong = damage(object).map((one) => ({
      name: one.name,
      method: 'POST',
      path,
      body: one.object,
    }));
    return {
      group: name,
      questions: [{ name: 'as it is', method: 'POST', path, body: object }, ...wrong],
    };
  });
}

/** The object made, then every damage to it as an update that changes nothing. */
function updates(): readonly Group[] {
  return samples().map(({ name, object, collection, item }) => {
    const path = `${item}?dryRun=All`;
    const questions = damage(object).map((one) => ({
      name: one.name,
      method: 'PUT',
      path,
      body: one.object,
    }));
    return {
      group: name,
      questions: [
        { name: 'made', method: 'POST', path: collection, body: object },
        ...questions,
        { name: 'gone', method: 'DELETE', path: item, body: { gracePeriodSeconds: 0 } },
      ],
    };
  });
}

/** The object made, then every damage to what became of it, as `kubectl edit` sends it. */
function edits(): readonly Group[] {
  return samples().map((sample) => edited(sample, damage(sample.object), sample.item));
}

/** The object made, then every damage to a status that it could have. */
function statuses(): readonly Group[] {
  return samples()
    .filter(({ status }) => status !== undefined)
    .map((sample) => {
      const whole = { ...sample.object, status: sample.status };
      const asItIs: Damaged = { name: 'as it is', object: whole, path: [], value: undefined };
      const changes = [asItIs, ...damageStatus(whole)].map(({ name, object }) => ({
        name,
        path: ['status'],
        value: object['status'],
      }));
      return edited(sample, changes, `${sample.item}/status`);
    });
}

function edited(
  { name: group, object, collection, item }: Sample,
  changes: readonly Pick<Damaged, 'name' | 'path' | 'value'>[],
  changed: string,
): Group {
  const questions = changes.map(({ name, path, value }) => ({
    name,
    method: 'PUT',
    path: `${changed}?dryRun=All`,
    edit: (made: unknown) => change(made, path, value),
  }));
  return {
    group,
    questions: [
      { name: 'made', method: 'POST', path: collection, body: object },
      ...questions,
      { name: 'gone', method: 'DELETE', path: item, body: { gracePeriodSeconds: 0 } },
    ],
  };
}

const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } as const;
const METADATA = {
  accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
} as const;

/** Each object made, shown in every form, and deleted. */
function tables(): readonly Group[] {
  return samples().map(({ name, object, collection, item }) => ({
    group: name,
    questions: [
      { name: 'made', method: 'POST', path: collection, body: object },
      { name: 'read', method: 'GET', path: item },
      { name: 'table', method: 'GET', path: item, headers: TABLE },
      { name: 'metadata', method: 'GET', path: item, headers: METADATA },
      {
        name: 'listed',
        method: 'GET',
        path: `${collection}?fieldSelector=metadata.name=${item.slice(item.lastIndexOf('/') + 1)}`,
        headers: TABLE,
      },
      { name: 'unknown field', method: 'GET', path: `${collection}?fieldSelector=spec.nothing=x` },
      ...SELECTABLE.map((field) => ({
        name: 'selected',
        method: 'GET',
        path: `${collection}?fieldSelector=${field}=nothing`,
      })),
      { name: 'gone', method: 'DELETE', path: item, body: { gracePeriodSeconds: 0 } },
      { name: 'after', method: 'GET', path: item },
    ],
  }));
}

const SELECTABLE = [
  'metadata.namespace',
  'spec.nodeName',
  'status.phase',
  'type',
  'spec.type',
  'involvedObject.name',
  'status.successful',
  'status.replicas',
  'spec.signerName',
  'spec.unschedulable',
  'spec.driver',
];

interface Request {
  readonly method?: string;
  readonly path: string;
  readonly accept?: string;
  readonly type?: string;
  readonly body?: unknown;
  /** User and group that the request is made as. */
  readonly as?: string;
  readonly group?: string;
  /** Why it is not asked. */
  readonly skip?: string;
}

/** The requests of a file, one after another. */
function requestsOf(file: string): readonly Group[] {
  const groups = parse(read(file)) as readonly {
    readonly group: string;
    readonly requests: readonly Request[];
  }[];
  return groups.map(({ group, requests }) => ({
    group,
    questions: requests.filter(({ skip }) => skip === undefined).map(questionOf),
  }));
}

function questionOf({ method = 'GET', path, accept, type, body, as, group }: Request): Question {
  const short = body === undefined ? '' : JSON.stringify(body).slice(0, 200);
  return {
    name: `${as ?? ''} ${accept ?? ''} ${type ?? ''} ${short}`,
    method,
    path,
    headers: {
      ...(accept !== undefined && { accept }),
      ...(type !== undefined && { 'content-type': type }),
      ...(as !== undefined && { 'impersonate-user': as }),
      ...(group !== undefined && { 'impersonate-group': group }),
    },
    body,
  };
}
