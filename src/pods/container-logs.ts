import type { Clock } from '../observe/index.ts';
import { ContainerLog } from './container-log.ts';
import type { ContainerRecord } from './container-record.ts';
import { logProblem, type LogSubject } from './log-problem.ts';

/** Of one container: its present or last instance's log, and that of the one before. */
interface Logs {
  readonly current: ContainerLog;
  readonly previous: ContainerLog | undefined;
}

/** The logs of a Pod's containers, kept for as long as the Pod is there. */
export class ContainerLogs {
  readonly #logs = new Map<string, Logs>();

  /** The log of a new instance. */
  begin(container: string, clock: Clock): ContainerLog {
    const before = this.#logs.get(container)?.current;
    // An instance that could not be created has printed nothing.
    const hasPrinted = before !== undefined && before.hasEnded;
    const current = new ContainerLog(clock);
    this.#logs.set(container, {
      current,
      previous: hasPrinted ? before : this.#logs.get(container)?.previous,
    });
    return current;
  }

  /** @throws Error in the kubelet's words where there is none. */
  get(subject: LogSubject, record: ContainerRecord | undefined, isPrevious: boolean): ContainerLog {
    const problem = logProblem(subject, record, isPrevious);
    const logs = this.#logs.get(subject.container);
    const isWaiting = record !== undefined && record.state.kind === 'waiting';
    // While it waits to start again the end that it waits after is its last one.
    const log = isPrevious && !isWaiting ? logs?.previous : logs?.current;
    if (problem !== undefined || log === undefined)
      throw new Error(problem ?? logProblem(subject, undefined, isPrevious));
    return log;
  }

  /** The Pod is gone. */
  end(): void {
    for (const { current } of this.#logs.values()) current.end();
  }
}
