import type { Clock } from './clock.ts';

/** `setTimeout` fires at once for anything longer than this. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The host's clock. Its timers do not keep the process alive: sockets do. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  setTimer(delayMs, run) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS);
      timer = setTimeout(() => {
        if (leftMs > stepMs) wait(leftMs - stepMs);
        else run();
      }, stepMs);
      timer.unref();
    };
    wait(delayMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
