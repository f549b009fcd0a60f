import t from 'tap';
import { inTurn } from '../../../src/apiserver/resources/turns.ts';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

t.test('inTurn() writes in order, and lets what was written be sent in between', async (t) => {
  const written: number[] = [];
  for (let index = 0; index < 250; index += 1) inTurn(() => written.push(index));
  t.equal(written.length, 0, 'nothing is written at once');
  const lengths: number[] = [];
  while (written.length < 250 && lengths.length < 10) {
    await turn();
    lengths.push(written.length);
  }
  t.strictSame(lengths, [100, 200, 250]);
  t.strictSame(
    written,
    Array.from({ length: 250 }, (_, index) => index),
  );
});

t.test('inTurn() goes on with what is asked for meanwhile', async (t) => {
  const written: string[] = [];
  inTurn(() => {
    written.push('first');
    for (let index = 0; index < 150; index += 1) inTurn(() => written.push('later'));
  });
  inTurn(() => written.push('second'));
  await turn();
  t.strictSame(written, ['first', 'second']);
  await turn();
  t.equal(written.length, 102, 'no more than in any turn');
});
