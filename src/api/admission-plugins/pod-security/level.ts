import type { FieldError } from '../../errors.ts';
import { invalidField } from '../../field-errors.ts';

/** From what allows everything to what allows least. */
const LEVELS = ['privileged', 'baseline', 'restricted'] as const;

/** @see Kubernetes documentation, Pod Security Standards */
export type Level = (typeof LEVELS)[number];

/** A level as some release of Kubernetes defines it. */
export interface LevelVersion {
  readonly level: Level;
  /** `latest`, or `v1.36`. */
  readonly version: string;
}

/** What a Namespace wants of its Pods. What is audited is left out: nobody keeps an audit log here. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly warn: LevelVersion;
}

export type Labels = Readonly<Record<string, string>>;

const PREFIX = 'pod-security.kubernetes.io/';
const LATEST = 'latest';
const EVERYTHING: LevelVersion = { level: 'privileged', version: LATEST };
/** The greatest number of Go's int. */
const MAX_MINOR = 2n ** 63n - 1n;

/** What the labels of a Namespace ask for, and what is wrong with them. @see pod-security-admission `PolicyToEvaluate` */
export function policyOf(labels: Labels): {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
} {
  const errors: FieldError[] = [];
  // What cannot be read is enforced as the strictest level, and warned of as none.
  const enforce = readMode(labels, 'enforce', { unreadable: 'restricted', errors });
  readMode(labels, 'audit', { unreadable: 'privileged', errors });
  const warn = readMode(labels, 'warn', { unreadable: 'privileged', errors });
  const isEnforced = isLevel(labels[`${PREFIX}enforce`]);
  if (labels[`${PREFIX}warn`] !== undefined || !isEnforced || !isStricter(enforce, warn))
    return { policy: { enforce, warn }, errors };
  const version = labels[`${PREFIX}warn-version`] === undefined ? enforce.version : warn.version;
  return { policy: { enforce, warn: { level: enforce.level, version } }, errors };
}

/** `restricted:latest` */
export function showLevel({ level, version }: LevelVersion): string {
  return `${level}:${version}`;
}

/** Whether the level, whatever its version, allows less than the other one. */
export function isStricter(one: LevelVersion, other: LevelVersion): boolean {
  return LEVELS.indexOf(one.level) > LEVELS.indexOf(other.level);
}

/** The minor version of Kubernetes 1, beyond all for the latest. */
export function minorOf({ version }: LevelVersion): number {
  return version === LATEST ? Infinity : Number(version.slice('v1.'.length));
}

interface ModeReading {
  /** The level instead of what is none. */
  readonly unreadable: Level;
  readonly errors: FieldError[];
}

function readMode(labels: Labels, mode: string, { unreadable, errors }: ModeReading): LevelVersion {
  const complain = (label: string, why: string): void => {
    errors.push(invalidField(`metadata.labels[${label}]`, labels[label], why));
  };
  const { [`${PREFIX}${mode}`]: level, [`${PREFIX}${mode}-version`]: version } = labels;
  const isKnown = level === undefined || isLevel(level);
  if (!isKnown) complain(`${PREFIX}${mode}`, `must be one of ${LEVELS.join(', ')}`);
  const isReadable = version === undefined || isVersion(version);
  if (!isReadable) complain(`${PREFIX}${mode}-version`, 'must be "latest" or "v1.x"');
  return {
    level: isKnown ? (level ?? EVERYTHING.level) : unreadable,
    version: isReadable ? (version ?? EVERYTHING.version) : LATEST,
  };
}

function isLevel(text: string | undefined): text is Level {
  return LEVELS.some((level) => level === text);
}

function isVersion(text: string): boolean {
  const [, minor] = /^v1\.(0|[1-9][0-9]*)$/.exec(text) ?? [];
  return text === LATEST || (minor !== undefined && BigInt(minor) <= MAX_MINOR);
}
