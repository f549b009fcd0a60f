/** One case of a JUnit report. */
export interface JunitCase {
  readonly suite: string;
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
  /** Makes it a failure; first a line, then more. */
  readonly failure?: { readonly message: string; readonly text: string };
  /** Makes it neither a success nor a failure. */
  readonly skipped?: string;
}

/** A JUnit report as CI systems read it: a `testsuite` for each suite, in the order of the cases. */
export function renderJunit(name: string, cases: readonly JunitCase[]): string {
  const suites = Map.groupBy(cases, ({ suite }) => suite);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escape(name)}" ${countsOf(cases)}>`,
    ...[...suites].flatMap(([suite, own]) => [
      `  <testsuite name="${escape(suite)}" ${countsOf(own)}>`,
      ...own.map(renderCase),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ].join('\n');
}

function countsOf(cases: readonly JunitCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter((one) => one.skipped !== undefined).length;
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
}

function renderCase({ suite, name, file, line, failure, skipped }: JunitCase): string {
  const place =
    (file === undefined ? '' : ` file="${escape(file)}"`) +
    (line === undefined ? '' : ` line="${line}"`);
  const head = `    <testcase classname="${escape(suite)}" name="${escape(name)}"${place}`;
  if (failure !== undefined)
    return `${head}>\n      <failure message="${escape(failure.message)}">${escape(failure.text)}</failure>\n    </testcase>`;
  if (skipped !== undefined)
    return `${head}>\n      <skipped message="${escape(skipped)}"/>\n    </testcase>`;
  return `${head}/>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
};

/** Characters that XML 1.0 does not allow at all are left out. */
function escape(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- these are what XML has no way to write
      .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '')
      .replaceAll(/[&<>"'\n]/g, (character) => ENTITIES[character] ?? character)
  );
}
