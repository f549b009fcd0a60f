import t from 'tap';
import { nearestName } from '../../src/net/index.ts';

const cases = [
  {
    name: 'wbe',
    candidates: ['web', 'db'],
    nearest: 'web',
    why: 'neighbours that changed places are one edit',
  },
  { name: 'Web', candidates: ['db', 'web'], nearest: 'web', why: 'case is none' },
  { name: 'ab', candidates: ['cd'], nearest: undefined, why: 'short names have one edit' },
  {
    name: 'fronted',
    candidates: ['backend', 'frontend'],
    nearest: 'frontend',
    why: 'the one with fewest',
  },
  {
    name: 'frontend',
    candidates: ['database'],
    nearest: undefined,
    why: 'a third of the name at most',
  },
  { name: 'x', candidates: [], nearest: undefined, why: 'nobody is there' },
] as const;
for (const { name, candidates, nearest, why } of cases)
  t.test(
    `nearestName() of ${name}: ${why}`,
    async (t) => void t.equal(nearestName(name, candidates), nearest),
  );
