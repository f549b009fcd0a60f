import { parseCidr, parseIp } from '../../net/index.ts';

/** Of an address that is taken, if only because it is stored. @see apimachinery `validation.GetWarningsForIP` */
export function addressWarnings(text: string, field: string): readonly string[] {
  const ip = parseIp(text);
  if (ip === undefined) {
    const meant = parseIp(withoutLeadingZeros(text))?.text;
    return meant === undefined ? [] : [nonStandard(['IP address', field], text, meant)];
  }
  if (ip.family === 'IPv4' || ip.text === text) return [];
  const mapped = mappedIPv4(ip.bits);
  if (mapped !== undefined) return [nonStandard(['IP address', field], text, mapped)];
  return [
    `${field}: IPv6 address ${JSON.stringify(text)} should be in RFC 5952 canonical format ("${ip.text}")`,
  ];
}

/** Of a prefix, likewise. @see apimachinery `validation.GetWarningsForCIDR` */
export function prefixWarnings(text: string, field: string): readonly string[] {
  const cidr = parseCidr(text);
  const address = parseIp(text.replace(/\/.*/, ''));
  if (cidr === undefined || address === undefined) {
    const meant = parseCidr(withoutLeadingZeros(text))?.text;
    return meant === undefined ? [] : [nonStandard(['CIDR value', field], text, meant)];
  }
  if (address.bits !== cidr.network.bits) {
    const alone = `${address.text}/${cidr.family === 'IPv6' ? 128 : 32}`;
    return [
      `${field}: CIDR value ${JSON.stringify(text)} is ambiguous in this context (should be "${cidr.text}" or "${alone}"?)`,
    ];
  }
  return cidr.family === 'IPv6' && cidr.text !== text
    ? [
        `${field}: IPv6 CIDR value ${JSON.stringify(text)} should be in RFC 5952 canonical format ("${cidr.text}")`,
      ]
    : [];
}

/** What `warn` says of each text in a list. @param field how the list is called */
export function listWarnings(
  list: readonly unknown[],
  field: string,
  warn: (text: string, field: string) => readonly string[],
): readonly string[] {
  return list.flatMap((text, index) =>
    typeof text === 'string' ? warn(text, `${field}[${index}]`) : [],
  );
}

/** @param words what it is, and its field */
function nonStandard(words: readonly [string, string], text: string, meant: string): string {
  const [what, field] = words;
  return `${field}: non-standard ${what} ${JSON.stringify(text)} is invalid: use "${meant}"`;
}

const MAPPED = 0xffffn;

/** The IPv4 address in `::ffff:a.b.c.d`. */
function mappedIPv4(bits: bigint): string | undefined {
  if (bits >> 32n !== MAPPED) return undefined;
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.');
}

function withoutLeadingZeros(text: string): string {
  return text.replaceAll(/(^|[./])0+(?=\d)/g, '$1');
}
