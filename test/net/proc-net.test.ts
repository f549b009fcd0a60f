import { assert, property, string } from 'fast-check';
import t from 'tap';
import { parseProcNet } from '../../src/net/proc-net.ts';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const cases = [
  {
    name: 'a listening IPv4 socket',
    row: '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0',
    socket: { address: '127.0.0.1', port: 8080, state: '0A', uid: 1000, inode: '4242' },
  },
  {
    name: 'a socket on ::1',
    row: '  12: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 77 2 0 0',
    socket: { address: '::1', port: 53, state: '07', uid: 0, inode: '77' },
  },
] as const;
for (const { name, row, socket } of cases) {
  t.test(`parseProcNet() reads ${name}`, async (t) => {
    t.same(parseProcNet(`${HEADER}\n${row}\n`), [socket]);
  });
}

t.test('parseProcNet() leaves out what is no row, and never throws', async (t) => {
  assert(
    property(string(), (text) => {
      for (const socket of parseProcNet(`${HEADER}\n${text}`)) t.ok(socket.port <= 0xff_ff);
    }),
  );
});
