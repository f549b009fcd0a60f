import t from 'tap';
import { checkType } from '../../../src/api/structural/cel/check.ts';
import { typeOfSchema } from '../../../src/api/structural/cel/types.ts';

const SELF = typeOfSchema({
  type: 'object',
  properties: {
    size: { type: 'integer' },
    name: { type: 'string' },
    'a-b': { type: 'boolean' },
    when: { type: 'string', format: 'date-time' },
    list: { type: 'array', items: { type: 'string' } },
    map: { type: 'object', additionalProperties: { type: 'integer' } },
    port: { 'x-kubernetes-int-or-string': true },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    item: { type: 'object', properties: { on: { type: 'boolean' } } },
  },
}) ?? { name: 'dyn' };

const fine: readonly (readonly [rule: string, type: string])[] = [
  ['self.size < 3 && self.name != ""', 'bool'],
  ['self.size + 1', 'int'],
  ['self.size > 1.5', 'bool'],
  ['self.name + "x"', 'string'],
  ['self.a__dash__b', 'bool'],
  ['has(self.item) && self.item.on', 'bool'],
  ['self.list.all(x, x.startsWith("a"))', 'bool'],
  ['self.list.filter(x, size(x) > 1).map(x, x + "!")', 'list(string)'],
  ['self.list.exists_one(x, x == "a")', 'bool'],
  ['self.map["k"]', 'int'],
  ['self.map.all(k, self.map[k] > 0)', 'bool'],
  ['"k" in self.map || "x" in self.list', 'bool'],
  ['self.port', 'dyn'],
  ['self.port == 1 || self.port == "x"', 'bool'],
  ['self.when < timestamp("2026-01-01T00:00:00Z")', 'bool'],
  ['self.when - duration("1h")', 'timestamp'],
  ['size(self.list) == 0 ? "none" : self.list[0]', 'string'],
  ['isURL(self.name) && url(self.name).getScheme() == "https"', 'bool'],
  ['sets.contains(self.list, ["a"])', 'bool'],
  ['type(self.size) == int', 'bool'],
  ['self == oldSelf', 'bool'],
];
for (const [rule, type] of fine) {
  t.test(`checkType() of ${rule}`, async (t) => {
    const checked = checkType(rule, { self: SELF, oldSelf: SELF });
    t.equal(checked.problem, undefined);
    t.equal(checked.type.name, type);
  });
}

const wrong: readonly (readonly [rule: string, at: string, why: string])[] = [
  ['x', '1:1', "undeclared reference to 'x' (in container '')"],
  ['self.colour == 1', '1:5', "undefined field 'colour'"],
  ['has(self.item.off)', '1:4', "undefined field 'off'"],
  ['self.free.a', '1:10', "undefined field 'a'"],
  ['self.size.a', '1:10', "type 'int' does not support field selection"],
  ['self.size == "a"', '1:11', "found no matching overload for '_==_' applied to '(int, string)'"],
  ['self.name && true', '1:5', "expected type 'bool' but found 'string'"],
  ['[1, "a"].all(x, true)', '1:5', "expected type 'int' but found 'string'"],
  ['(self.size', '1:11', "Syntax error: missing ')' at '<EOF>'"],
  [
    'self.size.startsWith("a")',
    '1:21',
    "found no matching overload for 'startsWith' applied to 'int.(string)'",
  ],
  ['frobnicate(self.size)', '1:11', "undeclared reference to 'frobnicate' (in container '')"],
  ['self.list.all(x, y)', '1:18', "undeclared reference to 'y' (in container '')"],
  ['1.2.3.4', '1:4', "Syntax error: mismatched input '.3' expecting <EOF>"],
  ['self.size b', '1:11', "Syntax error: extraneous input 'b' expecting <EOF>"],
  ['true &&\n  x', '2:3', "undeclared reference to 'x' (in container '')"],
];
for (const [rule, at, why] of wrong) {
  t.test(`checkType() of ${rule.replaceAll('\n', ' ')} says why not`, async (t) => {
    const { problem = '' } = checkType(rule, { self: SELF });
    const [first = '', source = '', mark = ''] = problem.split('\n');
    t.equal(first, `compilation failed: ERROR: <input>:${at}: ${why}`);
    const [line = 1, column = 1] = at.split(':').map(Number);
    t.equal(source, ` | ${rule.split('\n')[line - 1]}`);
    t.equal(mark, ` | ${'.'.repeat(column - 1)}^`);
  });
}
