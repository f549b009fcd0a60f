import { parseCidr, parseIp } from '../../../net/index.ts';

/**
 * Addresses and prefixes, separated by commas, as prefixes.
 *
 * @returns undefined when one of them is neither.
 */
export function readCidrs(value: string): readonly string[] | undefined {
  const cidrs: string[] = [];
  for (const part of value.split(',')) {
    const text = part.trim();
    if (text === '') continue;
    const ip = parseIp(text);
    const cidr =
      ip === undefined
        ? parseCidr(text)
        : parseCidr(`${ip.text}/${ip.family === 'IPv4' ? 32 : 128}`);
    if (cidr === undefined) return undefined;
    cidrs.push(cidr.text);
  }
  return cidrs.length === 0 ? undefined : cidrs;
}
