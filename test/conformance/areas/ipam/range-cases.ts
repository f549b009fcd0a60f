import {
  checkServiceRange,
  DEFAULT_SERVICE_CIDR,
  IpamError,
  kubernetesServiceIP,
  nodePortBands,
  NodePorts,
  parsePortRange,
  preferenceOf,
  serviceBands,
  ServiceRange,
  type ServiceAllocatorKind,
} from '../../../../src/ipam/index.ts';
import { ipFromBits, parseCidr, parseIp, type Cidr, type Ip } from '../../../../src/net/index.ts';
import { checkSequence, type Problems } from './expectation.ts';
import { attempt, expandSteps, type Outcome } from './step.ts';

type Fields = Readonly<Record<string, unknown>>;

interface ServiceInput {
  readonly serviceCIDR?: string | null;
  readonly allocator?: ServiceAllocatorKind;
  readonly steps?: readonly string[];
  readonly bypassMinimumCheck?: boolean;
}

/** Several seeds, so that what holds for one choice by luck does not pass. */
const SEEDS = [0, 1, 2, 3, 4];

export function serviceBand(input: ServiceInput, expect: Fields): Problems {
  const cidr = cidrOf(input);
  const bands = serviceBands(cidr, input.allocator);
  const text = (bits: bigint | undefined): string | undefined =>
    bits === undefined ? undefined : ipFromBits(cidr.family, bits).text;
  const pair = (band: { first: bigint; last: bigint } | undefined): unknown =>
    band === undefined ? null : [text(band.first), text(band.last)];
  return compare(expect, {
    serviceCIDR: cidr.text,
    kubernetesServiceIP: kubernetesServiceIP(cidr),
    firstUsable: text(bands.usable?.first),
    lastUsable: text(bands.usable?.last),
    bandSize: Number(bands.bandSize),
    staticBand: pair(bands.staticBand),
    dynamicBand: pair(bands.dynamicBand),
    usable: Number(bands.usableCount),
  });
}

export function serviceRangeCheck(input: ServiceInput, expect: Fields): Problems {
  const cidr = cidrOf(input);
  const range = new ServiceRange(cidr, input.allocator);
  const checked = input.bypassMinimumCheck === true ? {} : attempt(() => checkServiceRange(cidr));
  const first = ipFromBits(cidr.family, cidr.network.bits + 1n);
  return compare(expect, {
    error: checked.error,
    ok: checked.error === undefined,
    usable: Number(range.bands.usableCount),
    automatic: attempt(() => range.allocateNext(0n).text).error,
    explicit: attempt(() => range.allocate(first)).error,
  });
}

export function serviceSequence(input: ServiceInput, expect: Fields): Problems {
  return SEEDS.flatMap((seed) => {
    const range = new ServiceRange(cidrOf(input), input.allocator);
    const outcomes = expandSteps(input.steps ?? []).flatMap((step, index) =>
      serviceStep(range, step, preferenceOf(seed, `service-${index}`)),
    );
    return checkSequence(expect, outcomes);
  });
}

function serviceStep(range: ServiceRange, step: string, preference: bigint): readonly Outcome[] {
  const [verb = '', argument = ''] = step.split(' ');
  switch (verb) {
    case 'allocNext':
      return [attempt(() => range.allocateNext(preference).text)];
    case 'alloc':
      return [attempt(() => range.allocate(address(argument)))];
    case 'release':
      return [attempt(() => range.release(address(argument)))];
    case 'restore':
      return [attempt(() => range.restore(new ServiceRange(prefix(lastWord(step))).snapshot()))];
    case 'take':
      takeBand(range, step);
      return [];
    default:
      throw new Error(`unknown step ${step}`);
  }
}

/** `take every dynamic address except X` */
function takeBand(range: ServiceRange, step: string): void {
  const [, name, spared] = /^take every (dynamic|static) address except (\S+)$/.exec(step) ?? [];
  const band = name === 'static' ? range.bands.staticBand : range.bands.dynamicBand;
  if (spared === undefined || band === undefined) throw new Error(`unknown step ${step}`);
  for (let { first: bits } = band; bits <= band.last; bits += 1n)
    if (bits !== address(spared).bits) range.allocate(ipFromBits(range.bands.cidr.family, bits));
}

function lastWord(step: string): string {
  return step.split(' ').at(-1) ?? '';
}

export function nodePortBand({ range }: { readonly range: string }, expect: Fields): Problems {
  const bands = nodePortBands(parsePortRange(range));
  const pair = (band: { first: bigint; last: bigint } | undefined): unknown =>
    band === undefined ? null : [Number(band.first), Number(band.last)];
  return compare(expect, {
    size: bands.size,
    bandSize: bands.bandSize,
    staticBand: pair(bands.staticBand),
    dynamicBand: pair(bands.dynamicBand),
  });
}

interface PortInput {
  readonly range: string;
  readonly steps: readonly string[];
}

export function nodePortSequence({ range, steps }: PortInput, expect: Fields): Problems {
  return SEEDS.flatMap((seed) => {
    const ports = new NodePorts(parsePortRange(range));
    const outcomes = expandSteps(steps).map((step, index) => {
      const [verb = '', argument = ''] = step.split(' ');
      switch (verb) {
        case 'allocNext':
          return attempt(() => String(ports.allocateNext(preferenceOf(seed, String(index)))));
        case 'alloc':
          return attempt(() => ports.allocate(Number(argument)));
        case 'release':
          return attempt(() => ports.release(Number(argument)));
        default:
          throw new Error(`unknown step ${step}`);
      }
    });
    return checkSequence(expect, outcomes);
  });
}

/** Compares the fields that are expected; a field that nothing is known of is a problem. */
export function compare(expect: Fields, actual: Fields): Problems {
  return Object.entries(expect).flatMap(([key, wanted]) => {
    if (!(key in actual)) return [`unknown expectation ${key}`];
    const got = actual[key];
    const isSame =
      typeof wanted === 'string' && typeof got === 'string'
        ? got.includes(wanted)
        : JSON.stringify(wanted) === JSON.stringify(got);
    return isSame ? [] : [`${key}: ${JSON.stringify(got)}`];
  });
}

function cidrOf({ serviceCIDR }: ServiceInput): Cidr {
  return prefix(serviceCIDR ?? DEFAULT_SERVICE_CIDR);
}

function prefix(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new IpamError('ERR_IPAM_CONFIG', `no prefix: ${text}`);
  return cidr;
}

function address(text: string): Ip {
  const ip = parseIp(text);
  if (ip === undefined) throw new IpamError('ERR_IPAM_CONFIG', `no address: ${text}`);
  return ip;
}
