/** What functions of the language take and give, Kubernetes' own among them. */
import { BOOL, DYN, INT, listOf, simple, STRING, type CelKind } from './types.ts';

const NUMBERS: readonly string[] = ['int', 'uint', 'double'];
const TIME = 'timestamp';
const DURATION = 'duration';
const ORDERED: readonly string[] = [...NUMBERS, 'bool', 'string', 'bytes', TIME, DURATION];

/** The type of a call; `mismatch` where there is such a function, but not of these. */
export type CallResult = CelKind | 'unknown' | 'mismatch';

type Operator = (types: readonly CelKind[]) => CelKind | 'mismatch';

const isDyn = ({ name }: CelKind): boolean => name === 'dyn';

/** Types that may be one another. */
function isSame(left: CelKind, right: CelKind): boolean {
  if (isDyn(left) || isDyn(right) || left.name === right.name) return true;
  // Anything that can be absent may be compared with null.
  if ([left.name, right.name].includes('null'))
    return ![left.name, right.name].some((name) =>
      [...NUMBERS, 'bool', 'string', 'bytes'].includes(name),
    );
  if (left.item === undefined || right.item === undefined) return false;
  return left.name.split('(')[0] === right.name.split('(')[0] && isSame(left.item, right.item);
}

const equality: Operator = ([left = DYN, right = DYN]) => (isSame(left, right) ? BOOL : 'mismatch');

const order: Operator = ([left = DYN, right = DYN]) => {
  if ([left, right].some((type) => !isDyn(type) && !ORDERED.includes(type.name))) return 'mismatch';
  const areNumbers = [left, right].every(({ name }) => NUMBERS.includes(name));
  return areNumbers || isSame(left, right) ? BOOL : 'mismatch';
};

function arithmetic(names: readonly string[]): Operator {
  return (types) => {
    const [left = DYN, right = left] = types;
    if (isDyn(left) || isDyn(right)) return DYN;
    if (left.name !== right.name) return timeArithmetic(left, right);
    const isList = left.item !== undefined && left.name.startsWith('list(');
    return names.includes(left.name) || (isList && names.includes('list')) ? left : 'mismatch';
  };
}

function timeArithmetic(left: CelKind, right: CelKind): CelKind | 'mismatch' {
  const names = [left.name, right.name];
  if (names.includes(TIME) && names.includes(DURATION)) return simple(TIME);
  const areLists = names.every((name) => name.startsWith('list('));
  if (!areLists || !isSame(left, right)) return 'mismatch';
  return left.item !== undefined && isDyn(left.item) ? right : left;
}

const choice: Operator = ([test = DYN, yes = DYN, no = DYN]) => {
  if (!isDyn(test) && test.name !== 'bool') return 'mismatch';
  if (!isSame(yes, no)) return 'mismatch';
  return isDyn(yes) || yes.item?.name === 'dyn' ? no : yes;
};

const index: Operator = ([container = DYN, key = DYN]) => {
  if (isDyn(container)) return DYN;
  if (container.item === undefined) return 'mismatch';
  const wanted = container.name.startsWith('map(') ? 'string' : 'int';
  return isDyn(key) || key.name === wanted ? container.item : 'mismatch';
};

const within: Operator = ([item = DYN, container = DYN]) => {
  if (isDyn(container)) return BOOL;
  if (container.item === undefined) return 'mismatch';
  const wanted = container.name.startsWith('map(') ? STRING : container.item;
  return isSame(item, wanted) ? BOOL : 'mismatch';
};

const OPERATORS: Readonly<Record<string, Operator>> = {
  // Who asks has looked at the parts of the first two.
  '_&&_': () => BOOL,
  '_||_': () => BOOL,
  '!_': ([value = DYN]) => (isDyn(value) || value.name === 'bool' ? BOOL : 'mismatch'),
  '_==_': equality,
  '_!=_': equality,
  '_<_': order,
  '_<=_': order,
  '_>_': order,
  '_>=_': order,
  '_+_': arithmetic([...NUMBERS, 'string', 'bytes', 'list', DURATION]),
  '_-_': arithmetic([...NUMBERS, DURATION]),
  '_*_': arithmetic(NUMBERS),
  '_/_': arithmetic(NUMBERS),
  '_%_': arithmetic(['int', 'uint']),
  '-_': arithmetic(['int', 'double']),
  '_?_:_': choice,
  '_[_]': index,
  '@in': within,
  _in_: within,
  '@not_strictly_false': () => BOOL,
  size: ([value = DYN]) =>
    isDyn(value) || value.item !== undefined || ['string', 'bytes'].includes(value.name)
      ? INT
      : 'mismatch',
};

const STRINGS = listOf(STRING);

/** Functions whose first value, the one before the dot, is of one type; `dyn` where it may be any. */
const METHODS: Readonly<Record<string, readonly [string, CelKind]>> = {
  ...rows('string', BOOL, 'contains startsWith endsWith matches'),
  ...rows('string', STRING, 'charAt lowerAscii upperAscii trim replace substring find'),
  ...rows('string', STRINGS, 'split findAll'),
  ...rows('dyn', STRING, 'join format'),
  ...rows(
    'dyn',
    INT,
    'indexOf lastIndexOf compareTo sign asInteger family prefixLength major minor patch',
  ),
  ...rows(
    'dyn',
    BOOL,
    'isSorted isGreaterThan isLessThan isInteger isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast containsIP containsCIDR hasValue allowed errored',
  ),
  ...rows('dyn', STRING, 'getScheme getHost getHostname getPort getEscapedPath reason error'),
  ...rows(
    'dyn',
    INT,
    'getFullYear getMonth getDayOfYear getDayOfMonth getDate getDayOfWeek getHours getMinutes getSeconds getMilliseconds',
  ),
  ...rows(
    'dyn',
    DYN,
    'sum min max add sub asApproximateFloat getQuery ip masked value orValue or optMap optFlatMap path group serviceAccount resource subresource namespace name check fieldSelector labelSelector validate first last flatten slice sort distinct reverse',
  ),
};

/** Methods whose first argument is a text. */
const TEXT_METHODS: ReadonlySet<string> = new Set([
  'contains',
  'startsWith',
  'endsWith',
  'matches',
  'split',
  'find',
  'findAll',
]);

const GLOBALS: Readonly<Record<string, CelKind>> = {
  ...globals(
    BOOL,
    'isIP isCIDR isURL isQuantity isSemver ip.isCanonical sets.contains sets.equivalent sets.intersects bool matches',
  ),
  ...globals(INT, 'int'),
  ...globals(STRING, 'string strings.quote base64.encode'),
  double: simple('double'),
  uint: simple('uint'),
  bytes: simple('bytes'),
  'base64.decode': simple('bytes'),
  duration: simple(DURATION),
  timestamp: simple(TIME),
  type: simple('type'),
  ...globals(
    DYN,
    'dyn ip cidr url quantity semver format.named lists.range optional.of optional.none optional.ofNonZeroValue',
  ),
  // @see kubernetes apiserver/pkg/cel/library/format.go
  ...globals(
    DYN,
    'format.dns1123Label format.dns1123Subdomain format.dns1035Label format.qualifiedName format.labelValue',
  ),
  ...globals(
    DYN,
    'format.dns1123LabelPrefix format.dns1123SubdomainPrefix format.dns1035LabelPrefix',
  ),
  ...globals(DYN, 'format.uri format.uuid format.byte format.date format.datetime'),
};

function rows(
  target: string,
  result: CelKind,
  names: string,
): Readonly<Record<string, readonly [string, CelKind]>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, [target, result]]));
}

function globals(result: CelKind, names: string): Readonly<Record<string, CelKind>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, result]));
}

/** What a call comes to. @param types of what stands before the dot, where something does, and of the arguments */
export function resultOf(
  name: string,
  types: readonly CelKind[],
  { isMethod }: { readonly isMethod: boolean },
): CallResult {
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator !== undefined) return operator(types);
  if (isMethod) return resultOfMethod(name, types);
  return (Object.hasOwn(GLOBALS, name) ? GLOBALS[name] : undefined) ?? 'unknown';
}

function resultOfMethod(
  name: string,
  [target = DYN, argument = DYN]: readonly CelKind[],
): CallResult {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (method === undefined) return 'unknown';
  const [wanted, result] = method;
  const isOf = (type: CelKind, kind: string): boolean => isDyn(type) || type.name === kind;
  if (wanted !== 'dyn' && !isOf(target, wanted)) return 'mismatch';
  return TEXT_METHODS.has(name) && !isOf(argument, 'string') ? 'mismatch' : result;
}
