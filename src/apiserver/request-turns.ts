/** How many requests are begun before the answers of those before them are sent. */
const REQUESTS_A_TURN = 4;

const waiting: (() => void)[] = [];
let begun = 0;
let isScheduled = false;

/**
 * Waits until it is a request's turn; undefined where it is at once.
 *
 * The runtime sends answers when there is nothing else to do: of many requests that come together the first would be
 * answered with the last, and their client would wait for all of them with nothing to do meanwhile.
 */
export function requestTurn(): Promise<void> | undefined {
  schedule();
  if (begun === REQUESTS_A_TURN) return new Promise((resolve) => void waiting.push(resolve));
  begun += 1;
  return undefined;
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(beginTurn);
}

function beginTurn(): void {
  const due = waiting.splice(0, REQUESTS_A_TURN);
  begun = due.length;
  isScheduled = false;
  if (begun > 0) schedule();
  for (const begin of due) begin();
}
