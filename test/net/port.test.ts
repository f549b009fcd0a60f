import t from 'tap';
import { isPortOrName } from '../../src/net/index.ts';

const cases = [
  { text: '1', is: true },
  { text: '65535', is: true },
  { text: '0', is: false },
  { text: '65536', is: false },
  { text: '080', is: true },
  { text: 'http', is: true },
  { text: 'h2-8', is: true },
  { text: '123-4', is: false },
  { text: 'sixteen-letters-', is: false },
  { text: 'HTTP', is: false },
  { text: '', is: false },
] as const;
for (const { text, is } of cases)
  t.test(`isPortOrName() of "${text}"`, async (t) => void t.equal(isPortOrName(text), is));
