import t from 'tap';
import { renderJunit } from '../../src/cli/junit.ts';

t.test('renderJunit() counts by suite and escapes what XML cannot hold', async (t) => {
  const text = renderJunit('podlane reach', [
    { suite: 'a.yaml', name: 'a -> "b"', file: 'a.yaml', line: 3 },
    { suite: 'a.yaml', name: 'c', failure: { message: 'x < y', text: 'one\ntwo\u0000' } },
    { suite: 'b.yaml', name: 'd', skipped: "it's denied" },
  ]);
  t.equal(
    text,
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="podlane reach" tests="3" failures="1" errors="0" skipped="1">
  <testsuite name="a.yaml" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="a.yaml" name="a -&gt; &quot;b&quot;" file="a.yaml" line="3"/>
    <testcase classname="a.yaml" name="c">
      <failure message="x &lt; y">one&#10;two</failure>
    </testcase>
  </testsuite>
  <testsuite name="b.yaml" tests="1" failures="0" errors="0" skipped="1">
    <testcase classname="b.yaml" name="d">
      <skipped message="it&apos;s denied"/>
    </testcase>
  </testsuite>
</testsuites>`,
  );
});
