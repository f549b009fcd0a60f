/**
 * `npm run differential -- [--count N] [--seed N] [--beside N] AREA…`: the same steps on podlane and on the real
 * control plane, and what came out otherwise.
 *
 * Wants etcd, kube-apiserver and kube-controller-manager on PATH or in `KUBEBUILDER_ASSETS`.
 */
import { parseArgs } from 'node:util';
import { Dice } from '../fuzz/target.ts';
import { AREAS } from './areas/index.ts';
import { startOwn } from './own.ts';
import { play } from './script.ts';
import { findBinaries, startUpstream } from './upstream.ts';

const { values, positionals } = parseArgs({
  options: {
    count: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    beside: { type: 'string', default: '20' },
  },
  allowPositionals: true,
});
const [count, first, beside] = [values.count, values.seed, values.beside].map(Number);
const unknown = positionals.find((name) => !AREAS.has(name));
const isWrong = [count, first, beside].some((value) => !Number.isSafeInteger(value));
if (isWrong || unknown !== undefined || positionals.length === 0) {
  console.error('usage: npm run differential -- [--count N] [--seed N] [--beside N] AREA…');
  console.error(`areas: ${[...AREAS.keys()].join(' ')}`);
  process.exit(2);
}
const binaries = findBinaries();
if (typeof binaries === 'string') {
  console.error(binaries);
  process.exit(2);
}
// Whoever ends a run ends what it started.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
for (const name of positionals) {
  const area = AREAS.get(name);
  if (area === undefined) continue;
  await using own = startOwn();
  await using upstream = await startUpstream(binaries, area.sides);
  const dice = (seed: number): Dice => new Dice(seed);
  for (const question of area.cluster(dice(first ?? 0)))
    await Promise.all([own.ask(question), upstream.ask(question)]);
  let failed = 0;
  for (let at = 0; at < (count ?? 0); at += beside ?? 1) {
    const size = Math.min(beside ?? 1, (count ?? 0) - at);
    const seeds = Array.from({ length: size }, (_, index) => (first ?? 0) + at + index);
    const found = await play(area, [own, upstream], {
      seeds,
      dice,
      onDifference: ({ seed, step, says, lines }) => {
        console.log(`DIFFERENT ${name} --seed ${seed} --count 1, after step ${step}:\n  ${says}`);
        for (const line of lines) console.log(`    ${line}`);
      },
    });
    failed += found.length;
  }
  console.log(`${name}: ${(count ?? 0) - failed} scripts agree, ${failed} differ`);
  if (failed > 0) process.exitCode = 1;
}
