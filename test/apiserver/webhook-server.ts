/** A webhook on a free port of 127.0.0.1, with a certificate of its own. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createCredentials, type ServerCredentials } from '../../src/apiserver/index.ts';

/** What it was sent, without what differs from run to run. */
export interface Review {
  readonly apiVersion: string;
  readonly request: {
    readonly uid: string;
    readonly kind: { readonly kind: string };
    readonly name?: string;
    readonly operation: string;
    readonly dryRun: boolean;
    readonly object: {
      readonly metadata: { readonly name: string };
      readonly data?: object;
    } | null;
    readonly oldObject: object | null;
  };
}

/** The response to a review, without its uid; a number is a bare HTTP status, undefined silence. */
export type Respond = (review: Review) => object | number | undefined;

export interface WebhookServer extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** What clients trust it by, as configurations have it. */
  readonly caBundle: string;
  /** Paths in the order in which they were asked. */
  readonly asked: readonly { readonly path: string; readonly review: Review }[];
  readonly dial: () => Promise<Socket>;
}

type Credentials = Pick<ServerCredentials, 'ca' | 'server'>;

/** @param answers by path @param credentials for 127.0.0.1 unless given */
export async function startWebhook(
  answers: Readonly<Record<string, Respond>>,
  credentials?: Credentials,
): Promise<WebhookServer> {
  const { ca, server } = credentials ?? (await createCredentials([], Date.now()));
  const asked: { path: string; review: Review }[] = [];
  const listener = createServer(
    { cert: server.certificate, key: server.key },
    (incoming, answer) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const review = JSON.parse(Buffer.concat(chunks).toString()) as Review;
        const { pathname: path } = new URL(incoming.url ?? '', 'https://webhook');
        asked.push({ path, review });
        const response = answers[path]?.(review);
        if (response === undefined) return;
        if (typeof response === 'number') answer.writeHead(response).end();
        else {
          const { apiVersion, request } = review;
          const whole = { uid: request.uid, ...response };
          answer.end(JSON.stringify({ kind: 'AdmissionReview', apiVersion, response: whole }));
        }
      });
    },
  );
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo; // it listens on a port
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    caBundle: Buffer.from(ca).toString('base64'),
    asked,
    dial: async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    [Symbol.asyncDispose]: async () => {
      listener.closeAllConnections();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** A patch as webhooks return it. */
export function patchOf(...operations: readonly object[]): object {
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
  return { allowed: true, patchType: 'JSONPatch', patch };
}
