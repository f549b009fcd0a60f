import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { findPortHolder } from '../../src/net/port-holder.ts';
import { createFolder } from '../harness/instance.ts';

const LISTEN = `
  const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
    if (process.argv[2]) process.title = process.argv[2];
    process.stdout.write(String(server.address().port));
  });
`;
const { NODE_OPTIONS: _, ...ENV } = process.env;

for (const { name, args, program } of [
  { name: 'a script', args: ['server.cjs'], program: 'node server.cjs' },
  { name: 'a program without one', args: ['-e', LISTEN], program: 'node' },
  { name: 'a title', args: ['server.cjs', 'nginx: master process'], program: 'nginx' },
] as const)
  t.test(`findPortHolder() names ${name}`, { skip: process.platform !== 'linux' }, async (t) => {
    using folder = createFolder({ 'server.cjs': LISTEN });
    const words = args.map((word) => (word === 'server.cjs' ? join(folder.path, word) : word));
    const child = spawn(process.execPath, words, { env: ENV });
    t.teardown(() => child.kill());
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    const local = { protocol: 'TCP', address: '127.0.0.1', port: Number(port) } as const;
    t.same(await findPortHolder(local), { kind: 'program', pid: child.pid, program });
  });

t.test('findPortHolder() knows nobody where nobody listens', async (t) => {
  const local = { protocol: 'TCP', address: '127.0.0.1', port: 0 } as const;
  t.equal(await findPortHolder(local), undefined);
});
