/** Forwarding that leads back. */
import t from 'tap';
import { createDns, brief, query, WEB } from '../corefile-world.ts';
import { serve } from '../sockets.ts';

t.test('loop cuts a loop, says so as CoreDNS does, and leaves the cluster alone', async (t) => {
  const lines: string[] = [];
  const told = Promise.withResolvers<undefined>();
  const print = (line: string): void => {
    lines.push(line);
    if (line.startsWith('[FATAL]')) told.resolve(undefined);
  };
  await using dns = createDns({ print, portFor: () => undefined });
  await using door = await serve(dns.answerBytes);
  const text = `. {\n errors\n loop\n kubernetes cluster.local\n forward . 127.0.0.1:${door.port}\n}\n`;
  await dns.load({ file: 'Corefile', text });
  await dns.start();
  await told.promise;
  t.match(
    lines.filter((line) => line.startsWith('[FATAL]')),
    [
      /^\[FATAL\] plugin\/loop: Loop \(127\.0\.0\.1:\d+ -> :53\) detected for zone "\.", see https:\/\/coredns\.io\/plugins\/loop#troubleshooting\. Query: "HINFO \d+\.\d+\."$/,
    ],
  );
  t.equal(brief(await query(dns, 'www.example.org.')), 'SERVFAIL', 'at once, and not after rounds');
  t.equal(brief(await query(dns, WEB)), `NOERROR ${WEB} 5 A 10.96.0.7`);
  t.match(lines.at(-1), /plugin\/errors: 2 www\.example\.org\. A: forwarding leads back/);
});

t.test('loop lets everything pass where there is none', async (t) => {
  const lines: string[] = [];
  await using dns = createDns({ print: (line) => void lines.push(line), portFor: () => undefined });
  const text =
    '. {\n loop\n template IN A example.org {\n answer "{{ .Name }} 5 IN A 192.0.2.1"\n }\n}\n';
  await dns.load({ file: 'Corefile', text });
  await dns.start();
  t.equal(brief(await query(dns, 'a.example.org.')), 'NOERROR a.example.org. 5 A 192.0.2.1');
  t.same(lines, []);
});
