import { canonicalQuantity, parseQuantity } from '../../api/index.ts';
import { goValue, mistype, Problem, typeError, type Place } from './place.ts';
import { readMicroTime, readTime } from './times.ts';

/** Reads a value that is not null; returns it as JSON shows it again. */
export type ReadScalar = (value: unknown, place: Place) => unknown;

const META = 'k8s.io/apimachinery/pkg/apis/meta/v1';
const EXTENSIONS = 'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1';
const INT64_MAX = 2 ** 63;

/** Types that read their own JSON. */
export const OWN_READERS: Readonly<Record<string, ReadScalar>> = {
  'k8s.io/apimachinery/pkg/api/resource.Quantity': readQuantity,
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': readIntOrString,
  'k8s.io/apimachinery/pkg/runtime.RawExtension': (value) => value,
  [`${META}.Time`]: readTime,
  [`${META}.MicroTime`]: readMicroTime,
  [`${META}.Duration`]: (value) => value,
  [`${META}.FieldsV1`]: (value) => value,
  [`${EXTENSIONS}.JSON`]: (value) => value,
};

/** @param type Go's type underneath; @param name as Go calls it. @returns undefined for a type that is no scalar. */
export function scalarReader(type: string, name: string): ReadScalar | undefined {
  if (type === 'string')
    return (value, place) =>
      typeof value === 'string' ? value : mistype(place, goValue(value), name);
  if (type === 'bool')
    return (value, place) =>
      typeof value === 'boolean' ? value : mistype(place, goValue(value), name);
  if (type === '[]byte') return readBytes;
  if (/^u?int/.test(type)) return integerReader(type, name);
  if (type.startsWith('float'))
    return (value, place) =>
      typeof value === 'number' ? value : mistype(place, goValue(value), name);
  return undefined;
}

function integerReader(type: string, name: string): ReadScalar {
  const bits = Number(/\d+$/.exec(type)?.[0] ?? 64);
  const end = bits === 64 ? INT64_MAX : 2 ** (bits - 1);
  const [first, last] = type.startsWith('u') ? [0, end * 2] : [-end, end];
  return (value, place) => {
    if (typeof value !== 'number') return mistype(place, goValue(value), name);
    if (Number.isInteger(value) && value >= first && value < last) return value;
    return mistype(place, `number ${value}`, name);
  };
}

function readQuantity(value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '{';
  if (parseQuantity(text) === undefined)
    throw new Problem(
      /^[+-]?[0-9.]+/.test(text) && /^[+-]?(\d+\.?\d*|\.\d+)[A-Za-z]+$/.test(text)
        ? "unable to parse quantity's suffix"
        : "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  return canonicalQuantity(text);
}

const INT32 = 2 ** 31;

function readIntOrString(value: unknown, place: Place): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isInteger(value) && value >= -INT32 && value < INT32)
    return value;
  const got = typeof value === 'number' ? `number ${value}` : goValue(value);
  throw new Problem(typeError(place, got, 'int32'));
}

/** Text in base64, padded; line ends are skipped. @see Go `encoding/base64` */
function readBytes(value: unknown, place: Place): unknown {
  if (typeof value !== 'string') return mistype(place, goValue(value), '[]uint8');
  const wrong = firstWrong(value);
  if (wrong !== undefined) {
    place.error ??= `illegal base64 data at input byte ${wrong}`;
    return undefined;
  }
  return Buffer.from(value, 'base64').toString('base64');
}

/** Where Go stops: at a character that is none of base64's, or where the last four are not whole. */
function firstWrong(text: string): number | undefined {
  let taken = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (letter === '\n' || letter === '\r') continue;
    if (/[A-Za-z0-9+/]/.test(letter)) {
      taken += 1;
      continue;
    }
    return letter === '=' ? wrongPadding(text, at, taken % 4) : at;
  }
  return taken % 4 === 0 ? undefined : text.length - (taken % 4);
}

function wrongPadding(text: string, at: number, inQuantum: number): number | undefined {
  if (inQuantum < 2) return at;
  const rest = text.slice(at).replaceAll(/[\r\n]/g, '');
  const wanted = 4 - inQuantum;
  if (rest.length < wanted) return text.length;
  if (rest === '='.repeat(wanted)) return undefined;
  return wanted === 2 && rest[1] !== '=' ? at + 1 : at + wanted;
}
