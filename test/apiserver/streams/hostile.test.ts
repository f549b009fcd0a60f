/** Bytes that mean harm end their connection, and nothing else. */
import { array, assert, asyncProperty, constantFrom, integer, oneof, uint8Array } from 'fast-check';
import t from 'tap';
import {
  controlFrame,
  dataFrame,
  FRAME,
  FrameReader,
  words,
} from '../../../src/apiserver/streams/spdy/frames.ts';
import { HeaderReader, HeaderWriter } from '../../../src/apiserver/streams/spdy/header-block.ts';
import { askJson } from '../ask.ts';
import { openSpdy } from './spdy-client.ts';
import { openSocket } from './web-socket-client.ts';
import { POD_PATH, startPodServer } from './pod-server.ts';

const EXEC = `${POD_PATH}/exec?command=hi&stdin=true&stdout=true`;
const FORWARD = `${POD_PATH}/portforward`;

const bytes = uint8Array({ maxLength: 64 }).map((value) => Buffer.from(value));
const frame = oneof(
  bytes,
  oneof(...Object.values(FRAME).map((type) => bytes.map((payload) => controlFrame(type, payload)))),
  bytes.map((payload) =>
    controlFrame(FRAME.synStream, Buffer.concat([words(1, 0), Buffer.alloc(2), payload])),
  ),
  bytes.chain((payload) => integer({ min: 0, max: 9 }).map((id) => dataFrame(id, payload))),
  constantFrom(
    Buffer.from([0, 0, 0, 1, 0, 255, 255, 255]),
    controlFrame(FRAME.goAway, Buffer.alloc(8)),
  ),
);

for (const [what, path, protocol] of [
  ['exec', EXEC, 'v4.channel.k8s.io'],
  ['port-forward', FORWARD, 'portforward.k8s.io'],
] as const) {
  t.test(`SpdySession survives any frames on ${what}`, async (t) => {
    await using server = await startPodServer();
    await assert(
      asyncProperty(array(frame, { maxLength: 8 }), async (frames) => {
        const client = await openSpdy(server, path, protocol);
        client.socket.end(Buffer.concat(frames));
        await client.closed();
      }),
      { numRuns: 40 },
    );
    t.match(await askJson(server, { path: '/version' }), { major: '1' });
  });
}

t.test('channel protocols survive any messages', async (t) => {
  await using server = await startPodServer();
  const places = [
    [EXEC, 'v5.channel.k8s.io'],
    [EXEC, 'base64.channel.k8s.io'],
    [`${FORWARD}?ports=80`, 'v4.channel.k8s.io'],
    [FORWARD, 'SPDY/3.1+portforward.k8s.io'],
  ] as const;
  await assert(
    asyncProperty(
      constantFrom(...places),
      array(bytes, { maxLength: 6 }),
      async ([path, protocol], messages) => {
        const client = await openSocket(server, path, protocol).catch(() => undefined);
        for (const message of messages) client?.socket.send(message);
        await client?.[Symbol.asyncDispose]();
      },
    ),
    { numRuns: 60 },
  );
  t.match(await askJson(server, { path: '/version' }), { major: '1' });
});

t.test('FrameReader cuts frames out of pieces of any size', async (t) => {
  const frames = [dataFrame(1, Buffer.from('abc')), controlFrame(FRAME.ping, words(7))];
  const whole = Buffer.concat(frames);
  for (let size = 1; size <= whole.length; size += 1) {
    const reader = new FrameReader();
    const read = [];
    for (let at = 0; at < whole.length; at += size)
      read.push(...reader.read(whole.subarray(at, at + size)));
    t.equal(read.length, 2, `pieces of ${size}`);
  }
});

t.test('FrameReader refuses frames that nobody needs', async (t) => {
  t.throws(() => new FrameReader().read(Buffer.from([0, 0, 0, 1, 0, 255, 255, 255])), /too large/);
});

t.test('HeaderReader reads what HeaderWriter has written, block after block', async (t) => {
  using writer = new HeaderWriter();
  using reader = new HeaderReader();
  for (const count of [1, 2, 3]) {
    const headers = new Map([['streamtype', `data ${count}`]]);
    t.same(await reader.read(await writer.write(headers)), headers);
  }
});

t.test('HeaderReader refuses a block that unpacks to a flood', async (t) => {
  using writer = new HeaderWriter();
  using reader = new HeaderReader();
  const block = await writer.write(new Map([['a', 'x'.repeat(1_000_000)]]));
  t.ok(block.length < 4096);
  await t.rejects(reader.read(block), /too large/);
});
