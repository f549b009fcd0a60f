/** Time as edges see it; pure code takes `now: number` instead. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after `delayMs`, unless disposed first. */
  setTimer(delayMs: number, run: () => void): Disposable;
}

/** A clock that moves only when told to. */
export interface FakeClock extends Clock {
  /** Moves time on, calling due timers in order of their time, each at its own time. */
  advance(byMs: number): void;
  /** How many timers wait. */
  readonly pendingTimers: number;
}

interface FakeTimer {
  readonly dueAt: number;
  readonly run: () => void;
}

/**
 * A clock for tests.
 *
 * @param start Milliseconds since 1970. @default 2026-01-01T00:00:00Z
 */
export function createFakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<FakeTimer>();
  let present = start;
  const nextDue = (until: number): FakeTimer | undefined => {
    let first: FakeTimer | undefined;
    for (const timer of timers)
      if (timer.dueAt <= until && (first === undefined || timer.dueAt < first.dueAt)) first = timer;
    return first;
  };
  return {
    now: () => present,
    setTimer(delayMs, run) {
      const timer: FakeTimer = { dueAt: present + Math.max(0, delayMs), run };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
    advance(byMs) {
      const until = present + byMs;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer);
        present = timer.dueAt;
        timer.run();
      }
      present = until;
    },
    get pendingTimers() {
      return timers.size;
    },
  };
}
