import t from 'tap';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { requestTurn } from '../../src/apiserver/request-turns.ts';

t.test(
  'requestTurn() lets a few requests begin at once, and the others by and by in order',
  async (t) => {
    const begun: number[] = [];
    const begin = async (request: number): Promise<void> => {
      const turn = requestTurn();
      if (turn !== undefined) await turn;
      begun.push(request);
    };
    const all = Promise.all(Array.from({ length: 10 }, (_, request) => begin(request)));
    t.same(begun, [0, 1, 2, 3]);
    const late = nextTurn().then(() => begin(10));
    await nextTurn();
    t.same(begun, [0, 1, 2, 3, 4, 5, 6, 7]);
    await Promise.all([all, late]);
    t.same(begun, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await nextTurn();
    t.equal(requestTurn(), undefined);
  },
);
