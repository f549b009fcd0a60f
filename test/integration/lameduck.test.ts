/** SIGTERM with a Corefile of one's own: who balances between instances gets the time that it asks for. */
import t from 'tap';
import { connectError, doorOf } from '../harness/clients.ts';
import { createFolder, startProgram, type Program } from '../harness/instance.ts';

const COREFILE = `.:53 {
    health :0 {
        lameduck 1h
    }
    kubernetes cluster.local
}
`;
const WAITS = /Going into lameduck mode for 1h/;

async function startWaiting(file: string): Promise<Program> {
  const program = await startProgram({ args: ['--corefile', file] });
  program.child.kill('SIGTERM');
  await program.until('stderr', WAITS);
  return program;
}

t.test('SIGTERM waits for lameduck and serves meanwhile, until down', async (t) => {
  using folder = createFolder({ Corefile: COREFILE });
  await using program = await startWaiting(`${folder.path}/Corefile`);
  t.equal(await connectError(doorOf(program.status, 'dns')), undefined);
  t.match(await program.statusNow(), { name: program.name });
  t.equal((await program.run('down')).code, 0);
  t.match(await program.ended, { code: 130, stderr: WAITS });
});

t.test('Ctrl-C does not wait for lameduck', async (t) => {
  using folder = createFolder({ Corefile: COREFILE });
  await using program = await startProgram({ args: ['--corefile', `${folder.path}/Corefile`] });
  const { code, stderr } = await program.end('SIGINT');
  t.same({ code, stderr }, { code: 130, stderr: '' });
});
