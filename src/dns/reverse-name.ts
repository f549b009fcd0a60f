import { parseIp } from '../net/index.ts';

const IN_ADDR = '.in-addr.arpa.';
const IP6 = '.ip6.arpa.';

/**
 * The address that a reverse name spells in full; undefined when it spells none.
 *
 * @param qname Absolute, lower case.
 */
export function addressOfReverse(qname: string): string | undefined {
  const [suffix, length] = qname.endsWith(IN_ADDR) ? [IN_ADDR, 4] : [IP6, 32];
  if (!qname.endsWith(suffix)) return undefined;
  const parts = qname.slice(0, -suffix.length).split('.').toReversed();
  if (parts.length !== length) return undefined;
  const text = length === 4 ? parts.join('.') : (parts.join('').match(/.{4}/g) ?? []).join(':');
  return parseIp(text)?.text;
}
