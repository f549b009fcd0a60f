import { setImmediate as turn } from 'node:timers/promises';
import { array, assert, constantFrom, property, string } from 'fast-check';
import t from 'tap';
import { parseScript } from '../../../src/pods/workloads/shell/parse-script.ts';
import { understandCommand } from '../../../src/pods/workloads/shell/run-command.ts';
import { createPodCluster } from '../pod-cluster.ts';

const SHELL = {
  subdomain: 'apps',
  containers: [
    {
      name: 'main',
      image: 'busybox',
      command: ['sleep', 'infinity'],
      volumeMounts: [{ name: 'info', mountPath: '/etc/info' }],
      env: [{ name: 'COLOR', value: 'blue' }, { name: 'WORDS', value: 'a  b' }, { name: 'EMPTY' }],
    },
  ],
  volumes: [
    {
      name: 'info',
      downwardAPI: {
        items: [
          { path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } },
          { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
        ],
      },
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
  ['(exit 3); echo $?', '3\n'],
  ['set -e; (exit 3); echo never', '!3'],
  ['set -e; false || true; if false; then :; fi; ! true; echo on', 'on\n'],
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
  [
    'hostname -f; hostname -s; hostname -d',
    'web.apps.default.svc.cluster.local\nweb\napps.default.svc.cluster.local\n',
  ],
  ['echo $1 $# "$@"', 'first 2 first second\n'],
  ['rm /none', '!1'],
  ['sleep 0 & echo now', 'now\n'],
  ['cat /etc/hostname', 'web\n'],
  ['cat /etc/info/namespace', 'default'],
  ['ls /etc/info', 'labels\nnamespace\n'],
  ['ls -a /etc/info', '.\n..\nlabels\nnamespace\n'],
  ['ls -la /etc/info | cut -c1-10', 'total 12\ndrwxr-xr-x\ndrwxr-xr-x\n-rw-r--r--\n-rw-r--r--\n'],
  ['echo $((1 + 2 * 3)) $(( (1+2)*3 )) $((7 / 2)) $((7 % 2)) $((2 > 1 && 0))', '7 9 3 1 0\n'],
  ['i=0; while [ $i -lt 3 ]; do i=$((i + 1)); printf $i; done', '123'],
  ['x=5; echo $((x++)) $x $((x += 2)) $((0x10))', '5 6 8 16\n'],
  ['echo $((1 / 0)); echo $?', '2\n'],
  ['case abc in x|a*) echo yes;; *) echo no;; esac', 'yes\n'],
  ['case "$1" in first) echo one ;; second) echo two ;; esac', 'one\n'],
  ['f() { echo "got $1"; return 4; }; f x; echo $?', 'got x\n4\n'],
  ['cat <<EOF\nhi $COLOR\nEOF\necho after', 'hi blue\nafter\n'],
  ["cat <<'EOF'\nhi $COLOR\nEOF", 'hi $COLOR\n'],
  ['cat <<-EOF | tr a-z A-Z\n\tlow\n\tEOF', 'LOW\n'],
  ['echo `echo a` "`echo b`"', 'a b\n'],
  ['x=a.b.c; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${#x}', 'a.b a b.c c 5\n'],
  ['echo ${N:=5} $N ${COLOR:+set} ${NONE+set}', '5 5 set\n'],
  ['printf "a\\nb\\nc\\n" | while read l; do echo "<$l>"; done', '<a>\n<b>\n<c>\n'],
  ['while read a b; do echo $b; done < /etc/info/none || echo none', 'none\n'],
  ['for w in "$@"; do echo "[$w]"; done', '[first]\n[second]\n'],
  ['set -- x y; shift; echo $1', 'y\n'],
  ['(cd /etc && pwd); pwd', '/etc\n/\n'],
  ['yes | head -n 2', 'y\ny\n'],
  ['seq 10 | tail -n 3 | head -n 1', '8\n'],
  ['printf "b\\na\\nb\\n" | sort | uniq -c', '      1 a\n      2 b\n'],
  ['echo a:b:c | cut -d: -f2', 'b\n'],
  ['echo one two | wc -w', '2\n'],
  ['echo a b c | xargs -n1 echo x', 'x a\nx b\nx c\n'],
  ['echo hello | sed "s/l/L/g"', 'heLLo\n'],
  ["echo a b | awk '{print $2}'", 'b\n'],
  ['seq 3 | grep -v 2', '1\n3\n'],
  ['echo abc | grep -E "^a.c$"', 'abc\n'],
  ['echo x | tee /tmp/t; cat /tmp/t', 'x\nx\n'],
  ['echo a > /tmp/g1; echo b > /tmp/g2; ls /tmp/g*; cat /tmp/g[12]', '/tmp/g1\n/tmp/g2\na\nb\n'],
  ['mkdir -p /tmp/d && [ -d /tmp/d ] && ls /tmp', 'd\n'],
  ['tar cf - -C /etc info | tar tf -', 'info/\ninfo/labels\ninfo/namespace\n'],
  ['timeout 5 echo quick', 'quick\n'],
  ['env A=1 sh -c "echo \\$A"', '1\n'],
  ['echo YWJj | base64 -d', 'abc'],
  ['date +%Y-%m-%d', '2026-01-01\n'],
  ['id -u; whoami; uname', '0\nroot\nLinux\n'],
  ['ls /none', '!1'],
  ['echo out; echo err >&2', 'out\n'],
  ['{ echo a; echo b >&2; } 2>&1 | sort -r', 'b\na\n'],
  ['nslookup nowhere', '!1'],
  ['nc -z -w 1 127.0.0.1 1', '!1'],
  ['curl -s http://nowhere/', '!6'],
] as const;
for (const [script, expected] of cases) {
  t.test(`the shell runs ${script}`, async (t) => {
    await using cluster = createPodCluster();
    cluster.run(SHELL);
    const pod = { namespace: 'default', name: 'web' };
    const result = await cluster.kubelets.exec(pod, ['sh', '-c', script, 'sh', 'first', 'second']);
    const code = result?.exitCode === 0 ? '' : `!${result?.exitCode}`;
    t.equal(`${result?.stdout}${code}`, expected);
  });
}

const unknown = [
  'nginx -g "daemon off;"',
  'case $1 in a) node x;; esac',
  'f() { node; }; f',
  'cat <<EOF\nx',
  'echo `node`',
  'cat <<< x',
  'echo "open',
  'if true; then echo',
  'while sleep 1; do',
  'sleep 1 && node server.js',
  'nc -l -p 8080 -e node',
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
  for (let count = 0; count < 200_000 && cluster.clock.pendingTimers === 0; count += 1)
    await Promise.resolve();
  t.equal(cluster.clock.pendingTimers, 1);
  t.equal(cluster.pod()?.status?.phase, 'Running');
});

const ownCommands = [
  { name: 'copies files of its image', script: 'cp -n /usr/local/bin/tool /shared', code: 0 },
  { name: 'copies from a folder of its image', script: 'cd /app && cp -r . /shared', code: 0 },
  { name: 'copies from a volume what is not there', script: 'cp /shared/none /tmp', code: 1 },
  { name: 'copies what nobody has written', script: 'cp /tmp/none /shared', code: 1 },
];

for (const { name, script, code } of ownCommands) {
  t.test(`a container that ${name} ends with ${code}`, async (t) => {
    await using cluster = createPodCluster();
    cluster.run({
      restartPolicy: 'Never',
      containers: [
        {
          name: 'main',
          image: 'example.org/tool',
          command: ['sh', '-c', script],
          volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
        },
      ],
      volumes: [{ name: 'shared', emptyDir: {} }],
    });
    const exitCode = (): number | undefined =>
      cluster.pod()?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode;
    for (let count = 0; count < 1000 && exitCode() === undefined; count += 1) await turn();
    t.equal(exitCode(), code);
  });
}
