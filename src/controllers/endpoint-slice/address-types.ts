import type { Service } from '../../api/index.ts';
import { parseIp, type IpFamily } from '../../net/index.ts';

/** The families in which a Service has endpoints, its own order first. */
export function addressTypesOf({ spec }: Service): readonly IpFamily[] {
  const families = (spec?.ipFamilies ?? []).filter(
    (family): family is IpFamily => family === 'IPv4' || family === 'IPv6',
  );
  if (families.length > 0) return families;
  const own = parseIp(spec?.clusterIP ?? '')?.family;
  return own === undefined ? ['IPv4', 'IPv6'] : [own];
}
