import {
  celFunc,
  celMap,
  celMethod,
  CelScalar,
  mapType,
  type CelFunc,
  type CelInput,
  type CelMap,
} from '@bufbuild/cel';
import type { RuledWrite } from '../../admission-rules.ts';
import type { AccessQuestion } from '../../store.ts';
import { placeOf } from './admission-request.ts';

const { STRING, BOOL, DYN } = CelScalar;
/** Checks are maps of what is asked, and answers maps of what is said: the language has no types of our own. */
const ASKED = mapType(STRING, DYN);

/** Who asks a check: by a number, since maps of the language hold nothing but its values. */
type Ask = (question: AccessQuestion) => { readonly isAllowed: boolean; readonly reason: string };
const askers = new Map<bigint, Ask>();
let lastAsker = 0n;

/** `authorizer` for one evaluation of a policy. @see apiserver `cel/library`, Authz */
export function withAuthorizer<T>(write: RuledWrite, use: (authorizer: CelInput) => T): T {
  const ask: Ask = write.request?.authorize ?? (() => ({ isAllowed: true, reason: '' }));
  const id = (lastAsker += 1n);
  askers.set(id, ask);
  try {
    const { name, namespace } = placeOf(write);
    const { group, plural } = write.definition;
    const requestResource = new Map<string, CelInput>([
      ['id', id],
      ['group', group],
      ['resource', plural],
      ['subresource', write.subresource],
      ['namespace', namespace],
      ['name', name],
    ]);
    return use(
      new Map<string, CelInput>([
        ['id', id],
        ['requestResource', requestResource],
      ]),
    );
  } finally {
    askers.delete(id);
  }
}

/** The methods of `authorizer`, and of what they give. */
export function authorizerFunctions(): readonly CelFunc[] {
  const sets = (name: string): CelFunc =>
    celMethod(name, ASKED, [STRING], ASKED, function setField(value) {
      return withFields(this, [[name, value]]);
    });
  return [
    ...['path', 'group', 'resource', 'subresource', 'namespace', 'name'].map(sets),
    celMethod('serviceAccount', ASKED, [STRING, STRING], ASKED, function asAccount(home, name) {
      return withFields(this, [['user', `system:serviceaccount:${home}:${name}`]]);
    }),
    celMethod('check', ASKED, [STRING], ASKED, function check(verb) {
      const { isAllowed, reason } = answer(this, verb);
      return withFields(this, [
        ['allowed', isAllowed],
        ['reason', reason],
      ]);
    }),
    celMethod('allowed', ASKED, [], BOOL, function allowed() {
      return this.get('allowed') === true;
    }),
    celMethod('reason', ASKED, [], STRING, function reason() {
      const told = this.get('reason');
      return typeof told === 'string' ? told : '';
    }),
    celMethod('errored', ASKED, [], BOOL, () => false),
    celMethod('error', ASKED, [], STRING, () => ''),
    // A name of its own keeps expressions from making a check out of nothing.
    celFunc('isAuthorizer', [ASKED], BOOL, (asked) => asked.has('id')),
  ];
}

function withFields(asked: CelMap, fields: readonly (readonly [string, CelInput])[]): CelMap {
  return celMap(
    new Map<string, CelInput>([...(asked as ReadonlyMap<string, CelInput>), ...fields]),
  );
}

function answer(
  asked: CelMap,
  verb: string,
): { readonly isAllowed: boolean; readonly reason: string } {
  const id = asked.get('id');
  const ask = typeof id === 'bigint' ? askers.get(id) : undefined;
  if (ask === undefined) return { isAllowed: false, reason: '' };
  const text = (name: string): string => {
    const value = asked.get(name);
    return typeof value === 'string' ? value : '';
  };
  const user = text('user');
  const of = user === '' ? {} : { user };
  if (asked.has('path')) return ask({ kind: 'path', verb, path: text('path'), ...of });
  return ask({
    kind: 'resource',
    verb,
    group: text('group'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
    ...of,
  });
}
