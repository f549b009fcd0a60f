/** How many watchers are written to before what was written is sent. */
const WRITES_A_TURN = 100;

const due: (() => void)[] = [];
let isScheduled = false;

/**
 * Calls `write` soon.
 *
 * The runtime sends what was written when there is nothing else to do: of a thousand watchers of one object the first
 * would hear of its change with the last.
 */
export function inTurn(write: () => void): void {
  due.push(write);
  schedule();
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(runTurn);
}

function runTurn(): void {
  isScheduled = false;
  for (const write of due.splice(0, WRITES_A_TURN)) write();
  if (due.length > 0) schedule();
}
