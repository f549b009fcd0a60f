/**
 * `npm run fuzz -- [--count N] [--seed N] [--only TARGET] AREA…`: generated inputs for every parser of an area.
 *
 * Prints what fails with the seed of the input, then a line of counts. Exits 1 on a failure, 2 on a wrong argument.
 */
import { parseArgs } from 'node:util';
import { AREAS, fuzz, type FuzzArea } from './target.ts';

const MILLION = '1000000';

function usage(message: string): never {
  console.error(
    `${message}\nusage: npm run fuzz -- [--count N] [--seed N] [--only TARGET] AREA…\nareas: ${AREAS.join(' ')}`,
  );
  process.exit(2);
}

const { values, positionals } = parseArgs({
  options: {
    count: { type: 'string', default: MILLION },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    only: { type: 'string' },
  },
  allowPositionals: true,
});
const count = Number(values.count);
const seed = Number(values.seed);
if (!Number.isSafeInteger(count) || count < 1) usage(`--count ${values.count} is no number`);
if (!Number.isSafeInteger(seed)) usage(`--seed ${values.seed} is no number`);
const unknown = positionals.find((name) => !AREAS.includes(name));
if (unknown !== undefined || positionals.length === 0)
  usage(unknown === undefined ? 'name an area' : `unknown area ${unknown}`);

let failures = 0;
console.log(`seed ${seed}, ${count} inputs a target`);
for (const area of positionals) {
  const { targets, skipped, ...rest } = (await import(`./${area}/index.ts`)) as FuzzArea; // each area's file exports them
  if (skipped !== undefined) console.log(`${area}: ${skipped}`);
  const chosen = targets.filter(({ name }) => values.only === undefined || name === values.only);
  const findings = await fuzz(
    { ...rest, targets: chosen },
    { count, seed, onProgress: (name, done) => console.log(`${area} ${name} ${done}`) },
  );
  for (const { target, seed: own, input, error } of findings) {
    console.log(`FAIL ${area} ${target}: --seed ${own} --count 1 --only ${target}\n  ${input}`);
    console.log(error);
  }
  failures += findings.length;
  console.log(
    `${area}: ${chosen.length - findings.length} targets held, ${findings.length} failed`,
  );
}
process.exitCode = failures === 0 ? 0 : 1;
