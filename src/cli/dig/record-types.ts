/** Words that stand for a type where they stand alone; `TYPE65280` does too. */
const TYPES: ReadonlySet<string> = new Set(
  `A AAAA AFSDB ANY AXFR CAA CERT CNAME DNAME DNSKEY DS HINFO HTTPS IXFR KEY KX LOC MB MD MF MG MINFO MR MX NAPTR NS NSEC
  NSEC3 NSEC3PARAM NULL NXT PTR PX RP RRSIG RT SIG SOA SPF SRV SSHFP SVCB TLSA TXT URI WKS`.split(
    /\s+/,
  ),
);
const CLASSES: ReadonlySet<string> = new Set(['IN', 'CH', 'HS', 'ANY', 'NONE']);

/** Whether `word` names a type of record, in any case. */
export function isType(word: string): boolean {
  return TYPES.has(word.toUpperCase()) || /^TYPE\d+$/i.test(word);
}

/** Whether `word` names a class, in any case. */
export function isClass(word: string): boolean {
  return CLASSES.has(word.toUpperCase()) || /^CLASS\d+$/i.test(word);
}
