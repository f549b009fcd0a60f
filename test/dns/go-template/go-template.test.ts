import { array, assert, constantFrom, property } from 'fast-check';
import t from 'tap';
import {
  compileGoTemplate,
  GoTemplateError,
  print,
  type Struct,
  type Value,
} from '../../../src/dns/go-template/index.ts';

const ROOT: Struct = {
  fields: {
    Name: 'a.test.',
    Group: new Map([
      ['a', '10'],
      ['1', 'one'],
    ]),
    Match: ['m0', 'm1'],
    Empty: '',
    Question: { fields: { Qtype: 28n } },
    Meta: (label: Value) => `meta of ${print(label)}`,
  },
};
const FIELDS = Object.keys(ROOT.fields);

const filled = [
  { source: 'plain', text: 'plain' },
  { source: '{{ .Name }} 60 IN A 10.0.0.{{.Group.a}}', text: 'a.test. 60 IN A 10.0.0.10' },
  {
    source: '{{ index .Match 1 }} {{ index .Group "1" }} {{ index .Group "x" }}|',
    text: 'm1 one |',
  },
  { source: '{{ .Group.x }}', text: '<no value>' },
  { source: '{{ .Question.Qtype }} {{ $.Question.Qtype }}', text: '28 28' },
  { source: '{{ .Meta "k/l" }} {{ "k/l" | .Meta }}', text: 'meta of k/l meta of k/l' },
  {
    source: '{{ if .Empty }}a{{ else if eq .Name "b" "a.test." }}b{{ else }}c{{ end }}',
    text: 'b',
  },
  {
    source: '{{ with .Empty }}a{{ else }}b{{ end }}{{ with $x := .Name }}{{ $x }}{{ . }}{{ end }}',
    text: 'ba.test.a.test.',
  },
  {
    source: '{{ range $i, $m := .Match }}{{ $i }}={{ $m }} {{ else }}none{{ end }}',
    text: '0=m0 1=m1 ',
  },
  { source: '{{ range .Group }}{{ . }} {{ end }}', text: 'one 10 ' },
  { source: '{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}', text: '2' },
  { source: 'a {{- /* gone */ -}} b {{- " c " -}} d', text: 'ab c d' },
  {
    source: '{{ parseInt .Group.a 16 32 | printf "%03d|%x|%-4d|%v" 7 8 9 }}',
    text: '007|8|9   |16',
  },
  { source: '{{ printf "%s %q %X %t %c %%" "a" "b" "c" true 65 }}', text: 'a "b" 63 true A %' },
  { source: '{{ printf "%d %s" "a" }}', text: '%!d(string=a) %!s(MISSING)' },
  { source: '{{ len .Name }} {{ slice .Name 0 1 }} {{ not .Empty }}', text: '7 a true' },
  {
    source: '{{ and .Name .Empty }}{{ or .Empty "x" }}{{ lt 1 2 }}{{ ge "b" "c" }}',
    text: 'xtruefalse',
  },
  { source: '{{ (index .Match 0) | printf "%s-%s" "q" }}', text: 'q-m0' },
  {
    source: '{{ print 1 2 "a" 3 }} {{ `raw\\n` }} {{ \'a\' }} {{ 0x10 }}',
    text: '1 2a3 raw\\n 97 16',
  },
  { source: '{{ or .Name (index .Match 9) }}', text: 'a.test.' },
] as const;
for (const { source, text } of filled) {
  t.test(`compileGoTemplate() fills ${source}`, async (t) => {
    t.equal(compileGoTemplate(source, FIELDS).render(ROOT), text);
  });
}

const refused = [
  '{{',
  '{{ "a }}',
  '{{}}',
  '{{ .Nope }}',
  '{{ $.Nope }}',
  '{{ nope .Name }}',
  '{{ .Name | nope }}',
  '{{ if .Name }}',
  '{{ end }}',
  '{{ else }}',
  '{{ if .Name }}{{ else }}{{ else }}{{ end }}',
  '{{ template "x" }}',
  '{{ define "x" }}{{ end }}',
  '{{ break }}',
  '{{ $y }}',
  '{{ $y = 1 }}',
  '{{ .Name | }}',
  '{{ 1.5 }}',
  '{{ 0o9 }}',
  '{{ (.Name }}',
  '{{ .Name) }}',
  '{{ "a" "b" }}',
  '{{ "\\z" }}',
  '{{ range $a, $b, $c := .Match }}{{ end }}',
  '{{ if $a = 1 }}{{ end }}',
] as const;
for (const source of refused) {
  t.test(`compileGoTemplate() refuses ${source}`, async (t) => {
    t.throws(() => compileGoTemplate(source, FIELDS), { name: 'GoTemplateError' });
  });
}

const failing = [
  '{{ index .Match 2 }}',
  '{{ index .Name "a" }}',
  '{{ parseInt "zz" 10 8 }}',
  '{{ parseInt "300" 10 8 }}',
  '{{ lt 1 "a" }}',
  '{{ .Name.Nope }}',
  '{{ range .Name }}{{ end }}',
  '{{ len 1 }}',
  '{{ slice .Name 5 2 }}',
  '{{ printf 1 }}',
  '{{ .Question.Nope }}',
] as const;
for (const source of failing) {
  t.test(`compileGoTemplate() cannot fill ${source}`, async (t) => {
    const template = compileGoTemplate(source, FIELDS);
    t.throws(() => template.render(ROOT), { name: 'GoTemplateError' });
  });
}

t.test('compileGoTemplate() compiles any text, or says why not', async () => {
  const words = constantFrom(
    '{{',
    '}}',
    '{{-',
    '-}}',
    ' ',
    '.',
    '.Name',
    '$',
    '$x',
    ':=',
    '=',
    '|',
    '(',
    ')',
    'if',
    'end',
    'else',
    'range',
    'with',
    'eq',
    'index',
    'printf',
    '"%d"',
    '1',
    '-1',
    "'a'",
    '`',
    '"',
    '/*',
    '*/',
    'text',
    '\\',
    ',',
  );
  assert(
    property(array(words, { maxLength: 14 }), (list) => {
      try {
        compileGoTemplate(list.join(''), FIELDS).render(ROOT);
      } catch (error) {
        if (!(error instanceof GoTemplateError)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
});
