import t from 'tap';
import { INITIAL_PROBE, observeProbe, type ProbeKind, probeTiming } from '../../src/pods/probe.ts';

/** Runs as `+` and `-`; verdicts as `s`, `f`, `?`. */
const cases = [
  { name: 'readiness that passes at once', kind: 'readiness', runs: '+', verdicts: 's' },
  { name: 'readiness that fails at first', kind: 'readiness', runs: '--+', verdicts: 'ffs' },
  { name: 'readiness that stumbles', kind: 'readiness', runs: '+--+--', verdicts: 'ssssss' },
  { name: 'readiness that fails for good', kind: 'readiness', runs: '+---', verdicts: 'sssf' },
  {
    name: 'readiness that must pass twice',
    kind: 'readiness',
    runs: '+-++',
    verdicts: 'fffs',
    successThreshold: 2,
  },
  { name: 'liveness', kind: 'liveness', runs: '--+---', verdicts: 'sssssf' },
  { name: 'startup that takes its time', kind: 'startup', runs: '--+', verdicts: '??s' },
  { name: 'startup that fails', kind: 'startup', runs: '---', verdicts: '??f' },
] as const;
for (const { name, kind, runs, verdicts, ...thresholds } of cases) {
  t.test(`observeProbe() of ${name}`, async (t) => {
    const timing = probeTiming(thresholds);
    let state = INITIAL_PROBE[kind satisfies ProbeKind];
    const seen = runs.split('').map((run) => {
      state = observeProbe(state, run === '+', timing);
      return state.verdict === 'unknown' ? '?' : state.verdict.charAt(0);
    });
    t.equal(seen.join(''), verdicts);
  });
}

t.test('probeTiming() has the API’s defaults', async (t) => {
  t.same(probeTiming({}), {
    initialDelayMs: 0,
    periodMs: 10_000,
    timeoutMs: 1000,
    successThreshold: 1,
    failureThreshold: 3,
  });
});
