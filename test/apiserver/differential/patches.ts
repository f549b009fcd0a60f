/** Random patches of every object: of each type alone, and by several managers in turn. */
import { parse } from 'yaml';
import type { Group, Question } from './both.ts';
import { configurationOf, type Said } from './configurations.ts';
import { schemaFor, type Json, type Schema } from './damage.ts';
import { jsonPatchOf } from './json-patches.ts';
import { mergePatchOf } from './merge-patches.ts';
import { createRandom, type Random } from './random.ts';
import { read, samples } from './samples.ts';

/** What patches are made of. */
export interface Chance {
  /** Any text. */
  readonly seed: string;
  /** How many patches of a type an object gets, and how many times managers take turns at it. */
  readonly rounds: number;
}

/** An object that is patched. */
interface Patient {
  readonly name: string;
  readonly object: Json;
  readonly schema: Schema;
  readonly collection: string;
  readonly item: string;
  readonly status: unknown;
  /** What must be there before it is made, and goes after it. */
  readonly before: readonly Question[];
  readonly after: readonly Question[];
  readonly isCustom: boolean;
}

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** Every object made, and then patched in every way without that anything becomes of it. */
export function patches({ seed, rounds }: Chance): readonly Group[] {
  return patients().map((patient) => {
    const { name, object, schema, collection, item, before, after } = patient;
    const random = createRandom(`${seed} ${name}`);
    const ways: readonly (readonly [string, () => unknown])[] = [
      [JSON_PATCH, () => jsonPatchOf(object, schema, random)],
      [MERGE_PATCH, () => mergePatchOf(object, schema, { random, isStrategic: false })],
      [STRATEGIC_PATCH, () => mergePatchOf(object, schema, { random, isStrategic: true })],
    ];
    const questions = Array.from({ length: rounds }).flatMap(() =>
      ways.map(([type, make]): Question => {
        const strictness = random.pick([
          '',
          '',
          '',
          '&fieldValidation=Strict',
          '&fieldValidation=Ignore',
        ]);
        const path = `${item}?dryRun=All${strictness}`;
        return patch(path, type, make());
      }),
    );
    return {
      group: name,
      questions: [
        ...before,
        { name: 'made', method: 'POST', path: collection, body: object },
        ...questions,
        ...gone(patient),
        ...after,
      ],
    };
  });
}

const MANAGERS = ['one', 'two', 'three'];
const STEPS = 7;
const SAID: Said = { share: 0.7, change: 0.1, wrong: 0 };

/** Every object applied, updated and applied again by managers that want different things of it. */
export function applies({ seed, rounds }: Chance): readonly Group[] {
  return patients().flatMap((patient) =>
    Array.from({ length: rounds }, (_, round): Group => {
      const random = createRandom(`${seed} ${round} ${patient.name}`);
      const { name, before, after } = patient;
      const steps = Array.from({ length: STEPS }, (_step, step) => stepOf(patient, step, random));
      return {
        group: `${name} #${round}`,
        questions: [...before, ...steps, ...gone(patient), ...after],
      };
    }),
  );
}

function stepOf(patient: Patient, step: number, random: Random): Question {
  const { object, collection, schema, item, isCustom } = patient;
  if (step === 0) {
    if (random.chance(0.5)) return apply(patient, { random, said: { ...SAID, share: 1 } });
    const path = `${collection}?fieldManager=${random.pick(MANAGERS)}`;
    return { name: 'made', method: 'POST', path, body: object };
  }
  if (random.chance(0.75)) {
    const said = {
      share: random.pick([0, 0.3, 0.6, 0.8, 1]),
      change: random.pick([0, 0.02, 0.1]),
      wrong: random.pick([0, 0, 0.02]),
    };
    return apply(patient, { random, said });
  }
  const isStrategic = !isCustom && random.chance(0.5);
  const type = isStrategic ? STRATEGIC_PATCH : MERGE_PATCH;
  const path = `${item}?fieldManager=${random.pick(MANAGERS)}`;
  return patch(path, type, mergePatchOf(object, schema, { random, isStrategic }));
}

function apply(
  { object, schema, item, status }: Patient,
  { random, said }: { readonly random: Random; readonly said: Said },
): Question {
  // Of a Service that is not there kube-apiserver makes one through its status.
  const isStatus = status !== undefined && object['kind'] !== 'Service' && random.chance(0.15);
  const whole = status === undefined ? object : { ...object, status };
  const path = `${item}${isStatus ? '/status' : ''}?fieldManager=${random.pick(MANAGERS)}`;
  const options = random.pick([
    '',
    '',
    '&force=true',
    '&force=true',
    '&force=false',
    '&dryRun=All',
  ]);
  const body = configurationOf(whole, schema, { random, said });
  return patch(`${path}${options}`, APPLY_PATCH, body);
}

function patch(path: string, type: string, body: unknown): Question {
  return {
    name: `${type.slice(type.indexOf('/') + 1)} ${JSON.stringify(body).slice(0, 3000)}`,
    method: 'PATCH',
    path,
    headers: { 'content-type': type },
    body: JSON.stringify(body),
  };
}

/** Whatever became of it. */
function gone({ item, collection }: Patient): readonly Question[] {
  const none = patch(item, MERGE_PATCH, { metadata: { finalizers: null } });
  const body = { gracePeriodSeconds: 0 };
  const all: Question[] = [none, { name: 'gone', method: 'DELETE', path: item, body }];
  // A Namespace has finalizers of its own.
  const finalized = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'one' }, spec: {} };
  if (collection === '/api/v1/namespaces')
    all.push({ name: 'finalized', method: 'PUT', path: `${item}/finalize`, body: finalized });
  // The objects of a definition go before it.
  all.push({ name: 'not there', method: 'GET', path: item, until: 404 });
  return all.map((question) => ({ ...question, isSilent: true }));
}

/** kube-apiserver itself tells the state of what it is configured with. */
const OWN = ['FlowSchema', 'PriorityLevelConfiguration'];

function patients(): readonly Patient[] {
  const others = samples().filter(({ object }) => !OWN.includes(String(object['kind'])));
  const builtin = others.map((sample): Patient => ({
    ...sample,
    schema: schemaFor(sample.object),
    before: [],
    after: [],
    isCustom: false,
  }));
  return [...builtin, custom()];
}

/** An object of a definition with each kind of list and map. */
function custom(): Patient {
  const { definition, object } = parse(read('custom.yaml')) as {
    readonly definition: Definition;
    readonly object: Json;
  };
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const { group, names, versions } = definition.spec;
  const [{ name: version, schema }] = versions;
  const collection = `/apis/${group}/${version}/namespaces/default/${names.plural}`;
  return {
    name: 'custom/one',
    object,
    schema: schema.openAPIV3Schema,
    collection,
    item: `${collection}/one`,
    status: { phase: 'Ready', conditions: [{ type: 'Ready', status: 'True' }] },
    before: [
      { name: 'defined', method: 'POST', path: definitions, body: definition },
      { name: 'served', method: 'GET', path: collection, until: 200 },
    ],
    after: [
      {
        name: 'undefined',
        method: 'DELETE',
        path: `${definitions}/${names.plural}.${group}`,
        isSilent: true,
      },
      {
        name: 'not served',
        method: 'GET',
        path: `${definitions}/${names.plural}.${group}`,
        until: 404,
      },
    ],
    isCustom: true,
  };
}

/** Of a definition what is read here. */
interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly [
      { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } },
    ];
  };
}
