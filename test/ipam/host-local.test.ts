import * as fc from 'fast-check';
import t from 'tap';
import type { Node } from '../../src/api/index.ts';
import { createPodAddresses, HostLocal } from '../../src/ipam/index.ts';
import { requireIp } from '../../src/ipam/address-block.ts';

t.test('HostLocal never gives an address twice, nor the gateway', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(30)), { maxLength: 200 }), (steps) => {
      const block = new HostLocal([{ subnet: '10.0.0.0/28' }, { subnet: '10.0.1.0/29' }]);
      const held = new Map<string, string>();
      for (const [isAdd, number] of steps) {
        const id = `c${number}`;
        if (!isAdd) {
          block.delete(id);
          held.delete(id);
          continue;
        }
        if (held.has(id)) continue;
        const isFull = held.size === 13 + 5;
        try {
          const { text } = block.add(id);
          const isWrong = isFull || text.endsWith('.1') || [...held.values()].includes(text);
          if (isWrong) return false;
          held.set(id, text);
        } catch {
          if (!isFull) return false;
        }
      }
      return true;
    }),
  );
  t.pass('holds');
});

t.test('add() wraps round from the last reservation', async (t) => {
  const block = new HostLocal([{ subnet: '10.244.1.0/29' }]);
  for (const id of ['a', 'b', 'c', 'd']) block.add(id);
  block.delete('a');
  t.equal(block.add('e').text, '10.244.1.6');
  t.equal(block.add('f').text, '10.244.1.2');
});

t.test('add() goes on after an address that was asked for', async (t) => {
  const block = new HostLocal([{ subnet: '10.244.1.0/24' }]);
  block.add('a', requireIp('10.244.1.77'));
  t.equal(block.add('b').text, '10.244.1.78');
});

t.test('HostLocal uses the highest address in IPv6', async (t) => {
  const block = new HostLocal([{ subnet: 'fd00::/126' }]);
  t.same([block.add('a').text, block.add('b').text], ['fd00::2', 'fd00::3']);
  t.throws(() => block.add('c'), {
    message: 'no IP addresses available in range set: fd00::1-fd00::3',
  });
});

const refused = [
  { name: 'no range', ranges: [] },
  { name: 'two families', ranges: [{ subnet: '10.0.0.0/24' }, { subnet: 'fd00::/64' }] },
  { name: 'overlapping ranges', ranges: [{ subnet: '10.0.0.0/16' }, { subnet: '10.0.3.0/24' }] },
  { name: 'a gateway elsewhere', ranges: [{ subnet: '10.0.0.0/24', gateway: '10.0.1.1' }] },
  {
    name: 'an end before the start',
    ranges: [{ subnet: '10.0.0.0/24', rangeStart: '10.0.0.9', rangeEnd: '10.0.0.8' }],
  },
  {
    name: 'a start of the other family',
    ranges: [{ subnet: '10.0.0.0/24', rangeStart: 'fd00::1' }],
  },
  { name: 'an IPv6 /127', ranges: [{ subnet: 'fd00::/127' }] },
] as const;

for (const { name, ranges } of refused)
  t.test(`HostLocal refuses ${name}`, async (t) => {
    t.throws(() => new HostLocal(ranges), { code: 'ERR_IPAM_CONFIG' });
  });

const node = (...podCIDRs: readonly string[]): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
  spec: { podCIDRs, ...(podCIDRs[0] !== undefined && { podCIDR: podCIDRs[0] }) },
});

t.test('assign() gives one address a family and repeats itself', async (t) => {
  const addresses = createPodAddresses();
  const dual = node('10.244.0.0/24', 'fd00:10:244::/64');
  t.same(addresses.assign(dual, 'a'), ['10.244.0.2', 'fd00:10:244::2']);
  t.same(addresses.assign(dual, 'a'), ['10.244.0.2', 'fd00:10:244::2']);
  t.same(addresses.assign(dual, 'b'), ['10.244.0.3', 'fd00:10:244::3']);
  addresses.release('a');
  addresses.release('nobody');
  t.same(addresses.assign(dual, 'c'), ['10.244.0.4', 'fd00:10:244::4']);
});

t.test('assign() keeps nothing when one family is used up', async (t) => {
  const addresses = createPodAddresses();
  const small = node('10.244.0.0/29', 'fd00::/126');
  addresses.assign(small, 'a');
  addresses.assign(small, 'b');
  t.throws(() => addresses.assign(small, 'c'), { code: 'ERR_IPAM_FULL' });
  addresses.release('a');
  t.same(addresses.assign(small, 'c'), ['10.244.0.5', 'fd00::2']);
});

t.test('assign() moves a Pod whose Node has other ranges now', async (t) => {
  const addresses = createPodAddresses();
  t.same(addresses.assign(node('10.244.0.0/24'), 'a'), ['10.244.0.2']);
  t.same(addresses.assign(node('10.244.9.0/24'), 'a'), ['10.244.9.2']);
});

t.test('assign() on a Node without a range', async (t) => {
  t.throws(() => createPodAddresses().assign(node(), 'a'), { code: 'ERR_IPAM_CONFIG' });
});

const KEPT: readonly {
  readonly name: string;
  readonly cidrs: readonly string[];
  readonly addresses: readonly string[];
  readonly after: readonly string[];
}[] = [
  {
    name: 'one address',
    cidrs: ['10.244.0.0/24'],
    addresses: ['10.244.0.7'],
    after: ['10.244.0.7'],
  },
  {
    name: 'an address a family',
    cidrs: ['10.244.0.0/24', 'fd00:10:244::/64'],
    addresses: ['10.244.0.7', 'fd00:10:244::9'],
    after: ['10.244.0.7', 'fd00:10:244::9'],
  },
  {
    name: 'an address that the Node has no more',
    cidrs: ['10.244.9.0/24'],
    addresses: ['10.244.0.7'],
    after: ['10.244.9.2'],
  },
  {
    name: 'one family of two that the Node has now',
    cidrs: ['10.244.0.0/24', 'fd00:10:244::/64'],
    addresses: ['10.244.0.7'],
    after: ['10.244.0.8', 'fd00:10:244::2'],
  },
  {
    name: 'the gateway',
    cidrs: ['10.244.0.0/24'],
    addresses: ['10.244.0.1'],
    after: ['10.244.0.2'],
  },
];

for (const { name, cidrs, addresses: before, after } of KEPT)
  t.test(`keep() of ${name}`, async (t) => {
    const addresses = createPodAddresses();
    addresses.keep(node(...cidrs), 'a', before);
    t.same(addresses.assign(node(...cidrs), 'a'), after);
    t.notMatch(addresses.assign(node(...cidrs), 'b'), after, 'nobody else gets it');
  });
