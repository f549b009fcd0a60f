import t from 'tap';
import { createUdpTransport } from '../../../../src/dns/plugins/forward/exchange.ts';
import { SYSTEM_CLOCK } from '../../../../src/observe/index.ts';

t.test('createUdpTransport() refuses what has no way to its upstream', async (t) => {
  // The OS lets nobody connect to the broadcast address.
  const upstream = { address: '255.255.255.255', port: 53 } as const;
  using transport = createUdpTransport({ upstream, clock: SYSTEM_CLOCK, random: () => 0 });
  const query = Buffer.from('0001010000010000000000000000010001', 'hex');
  await t.rejects(transport.exchange(query, 1000), { code: 'ERR_DNS_UPSTREAM' });
});
