/**
 * `npm run differential:api -- [--only TEXT]… [--show N] [--part PART]… [--seed TEXT] [--rounds N]`: the same requests to
 * kube-apiserver 1.36 and to podlane's API server, and where the answers differ. The parts are
 * those of `questions.ts`; `--seed` and `--rounds` are of those that are made by chance.
 *
 * Without kube-apiserver and etcd on PATH or in $KUBEBUILDER_ASSETS it says so and does nothing. Exits 1 on a difference.
 */
import { parseArgs } from 'node:util';
import { startBoth, type Question } from './both.ts';
import { compare } from './compare.ts';
import { PARTS, type Part } from './questions.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    show: { type: 'string', default: '10' },
    seed: { type: 'string', default: 'podlane' },
    rounds: { type: 'string', default: '20' },
    part: { type: 'string', multiple: true, default: Object.keys(PARTS) },
  },
});

await using both = await startBoth();
if (both === undefined) {
  console.log('skipped: kube-apiserver and etcd are not on PATH nor in $KUBEBUILDER_ASSETS');
} else {
  for (const name of values.part) {
    const part = PARTS[name];
    if (part === undefined) throw new Error(`no part ${name}: ${Object.keys(PARTS).join(', ')}`);
    await play(name, part);
  }
}

/** Requests of one group run one after another: the later ones see what the earlier ones did. */
async function play(name: string, part: Part): Promise<void> {
  let [asked, differing] = [0, 0];
  for (const { group, questions } of part({ seed: values.seed, rounds: Number(values.rounds) })) {
    if (!values.only.some((text) => group.includes(text))) continue;
    const found: string[] = [];
    let count = 0;
    for (const question of questions) {
      count += 1;
      const differences = await askBoth(question);
      if (differences.length > 0)
        found.push(
          `  ${question.method} ${question.path}  ${question.name}\n    ${differences.join('\n    ')}`,
        );
    }
    asked += count;
    differing += found.length;
    if (found.length > 0) console.log(`${name} ${group}: ${found.length} of ${count} differ`);
    for (const text of found.slice(0, Number(values.show))) console.log(text);
  }
  console.log(`${name}: ${asked} requests, ${differing} answered otherwise`);
  if (differing > 0) process.exitCode = 1;
}

async function askBoth(question: Question): Promise<readonly string[]> {
  if (both === undefined) return [];
  const [theirs, ours] = await Promise.all([both.theirs(question), both.ours(question)]);
  return question.isSilent === true ? [] : compare(theirs, ours);
}
