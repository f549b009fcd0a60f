import { assert, property, uint8Array } from 'fast-check';
import t from 'tap';
import { readTar, writeTar } from '../../../src/pods/workloads/shell/programs/tar.ts';

const LONG = `${'directory/'.repeat(14)}file`;
const entries = [
  { name: 'etc/', content: Buffer.alloc(0), mtime: 0 },
  { name: 'etc/empty', content: Buffer.alloc(0), mtime: 1_700_000_000 },
  { name: 'etc/block', content: Buffer.alloc(512, 'x'), mtime: 1 },
  { name: LONG, content: Buffer.from('far down'), mtime: 2 },
];

t.test('readTar() reads what writeTar() has written', async (t) => {
  const archive = writeTar(entries);
  t.equal(archive.length % 512, 0);
  t.same(
    readTar(archive).map(({ name, content }) => [name, content.toString()]),
    entries.map(({ name, content }) => [name, content.toString()]),
  );
});

t.test('readTar() takes any bytes, or throws an Error', async () => {
  const archive = writeTar(entries);
  assert(
    property(uint8Array({ maxLength: 64 }), uint8Array({ maxLength: 1 }), (bytes, [at = 0]) => {
      const broken = Buffer.from(archive);
      Buffer.from(bytes).copy(broken, at * 2);
      for (const hostile of [broken, Buffer.concat([Buffer.from(bytes), archive])])
        try {
          readTar(hostile);
        } catch (error) {
          if (!(error instanceof Error)) throw error;
        }
    }),
  );
});
