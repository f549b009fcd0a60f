/** What runs in a thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { SILENT } from '../../observe/index.ts';
import { shareRevision } from '../revision.ts';
import { serveDatagrams } from '../serve-datagrams.ts';
import type { FromThread, Reply, ThreadSetup } from './messages.ts';
import { createThreadAnswers } from './thread-answers.ts';

const { addresses, revision } = workerData as ThreadSetup; // what `startWorkers` gives
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
const post = (message: FromThread): void => parentPort?.postMessage(message);
const answering = createThreadAnswers({ revision: shareRevision(revision), post });
parentPort?.on('message', (replies: readonly Reply[]) => answering.receive(replies));
for (const place of addresses)
  await serveDatagrams({ ...place, answering, log: SILENT, isSpread: true });
post({ kind: 'listening' });
