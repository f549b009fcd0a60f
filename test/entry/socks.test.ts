import * as fc from 'fast-check';
import t from 'tap';
import { parseGreeting, parseLogin, parseRequest } from '../../src/entry/socks.ts';

const parsers = { parseGreeting, parseLogin, parseRequest } as const;
for (const [name, parse] of Object.entries(parsers)) {
  t.test(`${name}() takes any bytes without a throw, and never more than there are`, async (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const message = parse(Buffer.from(bytes));
        return (
          message.kind === 'incomplete' ||
          message.kind === 'malformed' ||
          message.length <= bytes.length
        );
      }),
    );
    t.pass();
  });
}

t.test('parseRequest() is incomplete until the last byte', async (t) => {
  const whole = Buffer.from([5, 1, 0, 4, ...Buffer.alloc(15), 1, 0x1f, 0x90]);
  for (let length = 0; length < whole.length; length += 1) {
    t.equal(parseRequest(whole.subarray(0, length)).kind, 'incomplete');
  }
  t.same(parseRequest(whole), {
    kind: 'request',
    command: 1,
    host: '::1',
    port: 8080,
    length: whole.length,
  });
});
