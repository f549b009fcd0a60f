import { assert, constantFrom, array, property, string } from 'fast-check';
import t from 'tap';
import { parseScript } from '../../../src/pods/workloads/shell/parse-script.ts';
import { understandCommand } from '../../../src/pods/workloads/shell/run-command.ts';
import { createPodCluster } from '../pod-cluster.ts';

const SHELL = {
  containers: [
    {
      name: 'main',
      image: 'busybox',
      command: ['sleep', 'infinity'],
      env: [{ name: 'COLOR', value: 'blue' }, { name: 'WORDS', value: 'a  b' }, { name: 'EMPTY' }],
    },
  ],
};

/** `output` is what is printed; a number after `!` is the exit code when it is not 0. */
const cases = [
  ['echo hello', 'hello\n'],
  ['echo -n hello', 'hello'],
  ['echo \'a  b\' "c  d" e  f', 'a  b c  d e f\n'],
  ['echo "a \\"b\\" \\$COLOR" \\$x', 'a "b" $COLOR $x\n'],
  ['echo $COLOR ${COLOR} "$COLOR" \'$COLOR\'', 'blue blue blue $COLOR\n'],
  ['echo ${NONE:-red} ${EMPTY:-green} x${NONE}y', 'red green xy\n'],
  ['echo $WORDS; echo "$WORDS"', 'a b\na  b\n'],
  ['X=1; Y=$X$X; echo $Y', '11\n'],
  ['export A=b && echo $A', 'b\n'],
  ['echo $(echo inner | cat) end', 'inner end\n'],
  ['true && echo yes || echo no', 'yes\n'],
  ['false && echo yes || echo no', 'no\n'],
  ['! false && echo yes', 'yes\n'],
  ['false; echo $?', '1\n'],
  ['exit 3', '!3'],
  ['(exit 3); echo never', '!3'],
  ['false', '!1'],
  ['for i in 1 2 $(seq 3 4); do echo -n $i; done', '1234'],
  ['for i in a b c; do if [ $i = b ]; then break; fi; echo $i; done', 'a\n'],
  ['for i in a b; do [ $i = a ] && continue; echo $i; done', 'b\n'],
  ['until [ -f /tmp/x ]; do touch /tmp/x; done; echo found', 'found\n'],
  ['while true; do echo once; break; done', 'once\n'],
  ['if false; then echo a; elif true; then echo b; else echo c; fi', 'b\n'],
  ['if [ "$COLOR" = "blue" ] && [ 2 -gt 1 ]; then echo ok; fi', 'ok\n'],
  ['test -z "$NONE" && test -n x && echo ok', 'ok\n'],
  ['[ ! -e /none ] && echo ok', 'ok\n'],
  ['echo one > /tmp/f; echo two >> /tmp/f; cat /tmp/f', 'one\ntwo\n'],
  ['cat < /tmp/none || echo missing', 'missing\n'],
  ['echo quiet > /dev/null; cat /none 2>/dev/null; echo end', 'end\n'],
  ['cat /none 2>&1', "cat: can't open '/none': No such file or directory\n!1"],
  ['echo a b c | grep -q b && echo found', 'found\n'],
  ['printf "%s-%s\\n" a b', 'a-b\n'],
  ['{ echo a; echo b; } | cat', 'a\nb\n'],
  ['# nothing\necho a # rest\n\n', 'a\n'],
  ['hostname; echo $HOSTNAME', 'web\nweb\n'],
  ['echo $1 $# "$@"', 'first 2 first second\n'],
  ['rm /none', '!1'],
  ['sleep 0 & echo now', 'now\n'],
  ['cat /var/run/secrets/kubernetes.io/serviceaccount/namespace', 'default'],
  ['nslookup nowhere', '!1'],
  ['nc -z -w 1 127.0.0.1 1', '!1'],
  ['curl -s http://nowhere/', '!6'],
] as const;
for (const [script, expected] of cases) {
  t.test(`the shell runs ${script}`, async (t) => {
    await using cluster = createPodCluster();
    cluster.run(SHELL);
    const pod = { namespace: 'default', name: 'web' };
    const result = await cluster.kubelets.exec(pod, ['sh', '-ec', script, 'sh', 'first', 'second']);
    const code = result?.exitCode === 0 ? '' : `!${result?.exitCode}`;
    t.equal(`${result?.stdout}${code}`, expected);
  });
}

const unknown = [
  'nginx -g "daemon off;"',
  'case $1 in a) ;; esac',
  'f() { echo; }',
  'echo $((1 + 1))',
  'cat <<EOF\nx\nEOF',
  'echo `date`',
  'echo "open',
  'if true; then echo',
  'while sleep 1; do',
  'sleep 1 && node server.js',
  'nc -l -p 8080',
  'curl https://example.org/',
  '$COMMAND',
  'echo $(unknown)',
] as const;
for (const script of unknown) {
  t.test(`understandCommand() does not pretend to know ${script}`, async (t) => {
    t.equal(understandCommand(['sh', '-c', script]), undefined);
  });
}

t.test('parseScript() takes any text', async () => {
  const piece = constantFrom(
    ...'$(){}[]|&;<>"\'\\ \n#!='.split(''),
    ' if ',
    ' then ',
    ' fi ',
    ' do ',
    ' done ',
    ' while ',
    'a',
    '1',
  );
  assert(property(array(piece), (pieces) => void parseScript(pieces.join(''))));
  assert(property(string(), (text) => void parseScript(text)));
});

t.test('the shell slows down loops that take no time', async (t) => {
  await using cluster = createPodCluster();
  cluster.run({
    containers: [
      { name: 'main', image: 'busybox', command: ['sh', '-c', 'while true; do :; done'] },
    ],
  });
  for (let count = 0; count < 2000 && cluster.clock.pendingTimers === 0; count += 1)
    await Promise.resolve();
  t.equal(cluster.clock.pendingTimers, 1);
  t.equal(cluster.pod()?.status?.phase, 'Running');
});
