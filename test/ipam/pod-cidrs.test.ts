import * as fc from 'fast-check';
import t from 'tap';
import { requireCidr } from '../../src/ipam/address-block.ts';
import { CidrSet, PodCidrs } from '../../src/ipam/index.ts';

t.test('allocateNext() gives a released range only after a full turn', async (t) => {
  const set = new CidrSet(requireCidr('10.244.0.0/22'));
  t.equal(set.allocateNext(), '10.244.0.0/24');
  set.release('10.244.0.0/24');
  t.equal(set.allocateNext(), '10.244.1.0/24');
  t.equal(set.allocateNext(), '10.244.2.0/24');
  t.equal(set.allocateNext(), '10.244.3.0/24');
  t.equal(set.allocateNext(), '10.244.0.0/24');
});

t.test('CidrSet never gives a range twice', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -16, max: 16 }), { maxLength: 100 }), (steps) => {
      const set = new CidrSet(requireCidr('10.244.0.0/20'));
      const taken = new Set<string>();
      for (const step of steps) {
        if (step < 0) {
          const range = `10.244.${-step - 1}.0/24`;
          set.release(range);
          taken.delete(range);
          continue;
        }
        if (taken.size === set.capacity) continue;
        const range = set.allocateNext();
        if (taken.has(range)) return false;
        taken.add(range);
      }
      return true;
    }),
  );
  t.pass('holds');
});

t.test('PodCidrs keeps Pods out of the service ranges that overlap', async (t) => {
  const cidrs = new PodCidrs({
    clusterCIDRs: ['10.244.0.0/16', 'fd00:10:244::/56'],
    serviceCIDRs: ['10.244.0.0/20', '10.96.0.0/12', 'fd00:10:96::/108'],
  });
  t.same(cidrs.allocateNext(), ['10.244.16.0/24', 'fd00:10:244::/64']);
});

t.test('allocateNext() gives the first family back when the second is used up', async (t) => {
  const cidrs = new PodCidrs({ clusterCIDRs: ['10.244.0.0/23', 'fd00::/64'] });
  cidrs.allocateNext();
  t.throws(() => cidrs.allocateNext(), { code: 'ERR_IPAM_FULL' });
  t.equal(cidrs.sets[0]?.allocateNext(), '10.244.1.0/24');
});

const refused = [
  { name: 'no cluster range', options: { clusterCIDRs: [] } },
  { name: 'two ranges of one family', options: { clusterCIDRs: ['10.0.0.0/16', '10.1.0.0/16'] } },
  { name: 'a range that is none', options: { clusterCIDRs: ['10.0.0.0'] } },
  {
    name: 'a Node mask shorter than the range',
    options: { clusterCIDRs: ['10.0.0.0/16'], nodeMask: 15 },
  },
  { name: 'a Node mask of 33 bits', options: { clusterCIDRs: ['10.0.0.0/16'], nodeMask: 33 } },
  {
    name: 'a family mask on one family',
    options: { clusterCIDRs: ['fd00::/56'], nodeMaskIPv6: 64 },
  },
] as const;

for (const { name, options } of refused)
  t.test(`PodCidrs refuses ${name}`, async (t) => {
    t.throws(() => new PodCidrs(options), { code: 'ERR_IPAM_CONFIG' });
  });

t.test('occupy() refuses more ranges than the cluster has families', async (t) => {
  const cidrs = new PodCidrs({ clusterCIDRs: ['10.244.0.0/16'] });
  t.throws(() => cidrs.occupy(['10.244.3.0/24', 'fd00::/64']), { code: 'ERR_IPAM_OUT_OF_RANGE' });
  t.throws(() => cidrs.occupy(['10.1.3.0/24']), { code: 'ERR_IPAM_OUT_OF_RANGE' });
});
