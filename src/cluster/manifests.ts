import { Readable } from 'node:stream';
import {
  applyManifests,
  loadManifests,
  prepareWrites,
  watchManifests,
  type AppliedChange,
  type KubeObject,
  type LoadOptions,
  type LoadedManifests,
  type ManifestDocument,
  type Problem,
} from '../api/index.ts';
import type { ApplyOutcome, ApplyRequest, Warning } from '../control/index.ts';
import { DEFAULT_STORAGE_CLASS } from '../controllers/index.ts';
import { createAddressPlan, PodlaneError } from '../net/index.ts';
import { resolveOptions, type ClusterOptions } from './options.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createState } from './state.ts';
import { systemObjects } from './system-objects.ts';
import type { Cluster } from './create-cluster.ts';
import { ingressProblems } from './ingress-problems.ts';
import type { LocateField } from './locate-steps.ts';
import {
  namespaceLabels,
  presentProblems,
  runningPods,
  type AppliedManifests,
} from './present-problems.ts';

/** Manifests cannot be read or applied; nothing was changed. */
export class ManifestError extends PodlaneError {
  override readonly name = 'ManifestError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], where = 'the manifests; nothing was applied') {
    const errors = problems.filter(({ severity }) => severity === 'error');
    super(
      'ERR_MANIFESTS',
      `${errors.length} ${errors.length === 1 ? 'error' : 'errors'} in ${where}`,
    );
    this.problems = problems;
  }
}

export interface ManifestSetOptions {
  readonly paths: readonly string[];
  /** Unknown fields are errors. @default false */
  readonly isStrict?: boolean;
  /** What `-` stands for. @default the process' standard input */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Told after each change of the files that was applied, or could not be. */
  readonly onReload?: (outcome: ReloadOutcome) => void;
}

export type ReloadOutcome =
  | {
      readonly kind: 'applied';
      readonly changes: readonly string[];
      readonly problems: readonly Problem[];
    }
  | { readonly kind: 'broken'; readonly problems: readonly Problem[] };

/** What definitions among the documents need to judge objects. */
async function loadRules({ documents }: LoadedManifests): Promise<void> {
  await prepareWrites(documents.map(({ object }) => object));
}

/** The manifests of an instance: what their files hold, applied, and followed as they change. */
export class ManifestSet implements Disposable {
  readonly #options: ManifestSetOptions & ClusterOptions;
  readonly #loaded: LoadedManifests;
  #applied: readonly ManifestDocument[] = [];
  /** What was applied last, with what the API said of it. */
  #latest: Pick<AppliedManifests, 'loaded' | 'problems'>;
  /** Looked for when first asked for, which is after the first answers; again where anything has changed. */
  #present: { readonly revision: number; readonly problems: readonly Problem[] } | undefined;
  /** Of the files as they are now, where they could not be applied. */
  #broken: readonly Problem[] = [];
  #watch: Disposable | undefined;

  private constructor(options: ManifestSetOptions & ClusterOptions, loaded: LoadedManifests) {
    this.#options = options;
    this.#loaded = loaded;
    this.#latest = { loaded, problems: [] };
  }

  /** @throws ManifestError with everything that is wrong. */
  static async load(options: ManifestSetOptions & ClusterOptions): Promise<ManifestSet> {
    const { paths, isStrict = false, stdin } = options;
    const { serviceCIDRs, podCIDRs } = options;
    const loaded = await loadManifests(paths, {
      isStrict,
      ranges: {
        ...(serviceCIDRs === undefined ? {} : { serviceCIDRs }),
        ...(podCIDRs === undefined ? {} : { podCIDRs }),
      },
      ...(stdin === undefined ? {} : { stdin }),
    });
    if (loaded.hasErrors) throw new ManifestError(everythingWrong(loaded, options));
    await loadRules(loaded);
    return new ManifestSet(options, loaded);
  }

  /** What is wrong with what runs now, and why what the files hold does not run. */
  warnings(cluster: Cluster): readonly Warning[] {
    const broken = this.#broken
      .filter(({ severity }) => severity === 'error')
      .map((problem) => ({ ...problem, message: `not applied: ${problem.message}` }));
    const problems = this.#presentProblems(cluster);
    return [...broken, ...problems.filter(({ severity }) => severity === 'warning')].map(warningOf);
  }

  /** For a cluster of these: what they bring themselves it has not of its own. */
  get replaced(): Pick<ClusterOptions, 'nodes' | 'hasStorageClass'> {
    return broughtBy(this.#loaded);
  }

  /** Where a field of an applied object was written. */
  readonly locate: LocateField = ({ kind, namespace, name, field }) =>
    this.#applied
      .findLast(
        ({ object: { kind: own, metadata } }) =>
          own === kind &&
          metadata.name === name &&
          // What has no namespace is named without one.
          (namespace === '' || (metadata.namespace ?? 'default') === namespace),
      )
      ?.positionOf(field);

  /** Tries what was read on a cluster in memory. @throws ManifestError when the API would refuse an object. */
  check(): void {
    const problems = everythingWrong(this.#loaded, this.#options);
    if (problems.some(({ severity }) => severity === 'error')) throw new ManifestError(problems);
  }

  /** @throws ManifestError when the API refuses an object; the cluster is as it was then. */
  apply(cluster: Cluster): void {
    const { data } = cluster;
    // What left the files while nothing ran goes now.
    if (data !== undefined)
      this.#applied = data.applied.map((object) => documentOf(object, data.path));
    const outcome = this.#apply(cluster, this.#loaded);
    if (outcome.kind === 'broken') throw new ManifestError(outcome.problems);
  }

  /** Applies every change of the files from now on. */
  follow(cluster: Cluster): void {
    const { paths, isStrict = false, onReload } = this.#options;
    this.#watch = watchManifests(paths, this.#loaded, {
      isStrict,
      ranges: rangesOf(cluster),
      onChange: async (loaded) => {
        await loadRules(loaded);
        const outcome: ReloadOutcome = loaded.hasErrors
          ? { kind: 'broken', problems: everythingWrong(loaded, cluster.options) }
          : this.#apply(cluster, loaded);
        this.#broken = outcome.kind === 'broken' ? outcome.problems : [];
        onReload?.(outcome);
      },
      onError: (error) =>
        cluster.options.log.error('manifests cannot be followed', { part: 'manifests', error }),
    });
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
  }

  #presentProblems(cluster: Cluster): readonly Problem[] {
    const { revision } = cluster.store;
    if (this.#present?.revision !== revision) {
      const problems = presentProblems(cluster, { ...this.#latest, ranges: rangesOf(cluster) });
      this.#present = { revision, problems };
    }
    return this.#present.problems;
  }

  #apply(cluster: Cluster, loaded: LoadedManifests): ReloadOutcome {
    const { isApplied, changes, problems } = applyManifests(
      cluster,
      loaded.documents,
      this.#applied,
    );
    if (!isApplied) return { kind: 'broken', problems: [...loaded.problems, ...problems] };
    this.#applied = loaded.documents;
    cluster.data?.keepApplied(loaded.documents.map(({ object }) => object));
    this.#latest = { loaded, problems };
    this.#present = undefined;
    const found = once(() => [
      ...loaded.problems,
      ...problems,
      ...ingressProblems(loaded.documents, cluster.store),
    ]);
    return {
      kind: 'applied',
      changes: changes.filter(({ kind }) => kind !== 'unchanged').map(lineOf),
      get problems() {
        return found();
      },
    };
  }
}

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}

/** An object that came from files which may be gone. */
function documentOf(object: KubeObject, file: string): ManifestDocument {
  return { object, positionOf: () => ({ file, line: 1, column: 1 }) };
}

/**
 * What is wrong with manifests, and what the API would refuse of those that can be read: one mistake must not hide
 * another.
 */
function everythingWrong(loaded: LoadedManifests, given: ClusterOptions): readonly Problem[] {
  const options = resolveOptions({ ...given, ...broughtBy(loaded), nodes: 0 });
  const plan = createAddressPlan(options);
  const scratch = createState({ options, plan, random: createSeededRandom(options.seed) });
  const now = options.clock.now();
  for (const object of systemObjects({ ...options, serviceCIDRs: plan.serviceCIDRs, now }))
    scratch.store.create(object);
  return [...loaded.problems, ...applyManifests(scratch, loaded.documents, []).problems];
}

/** What takes the place of a new cluster's own: Nodes, and a StorageClass of the same name. */
function broughtBy({ documents }: LoadedManifests): ManifestSet['replaced'] {
  const brings = (kind: string, name?: string): boolean =>
    documents.some(
      ({ object }) => object.kind === kind && (name === undefined || object.metadata.name === name),
    );
  return {
    ...(brings('Node') ? { nodes: 0 } : {}),
    ...(brings('StorageClass', DEFAULT_STORAGE_CLASS.metadata.name)
      ? { hasStorageClass: false }
      : {}),
  };
}

/** A problem as status and JSON tell it. */
export function warningOf({ message, position, object, hint }: Problem): Warning {
  const { file, line, column } = position;
  return {
    ...(object === undefined ? {} : { object }),
    file,
    line,
    column,
    message: hint === undefined ? message : `${message}. ${hint}`,
  };
}

/**
 * Applies files as `kubectl apply` does: nothing is deleted for not being in them.
 *
 * With anything wrong nothing is applied, and the outcome says what.
 */
export async function applyPaths(
  cluster: Cluster,
  { paths, input = '', isStrict, namespace }: ApplyRequest,
): Promise<ApplyOutcome> {
  const loaded = await loadManifests(paths, {
    isStrict,
    stdin: Readable.from([Buffer.from(input)]),
    ranges: rangesOf(cluster),
    // What runs already is not missing.
    exists: (kind, home, name) => cluster.store.get<string>(kind, home, name) !== undefined,
    labelsOf: (name) => namespaceLabels(cluster, name),
    running: () => runningPods(cluster),
  });
  if (loaded.hasErrors) return outcomeOf(false, [], everythingWrong(loaded, cluster.options));
  await loadRules(loaded);
  // What is missing before is there afterwards.
  const before = loaded.problems;
  const documents = loaded.documents.map((document) => inNamespace(document, cluster, namespace));
  const { isApplied, changes, problems } = applyManifests(cluster, documents, []);
  const found = isApplied ? ingressProblems(documents, cluster.store) : [];
  return outcomeOf(isApplied, changes, [...before, ...problems, ...found]);
}

function rangesOf({ plan }: Cluster): NonNullable<LoadOptions['ranges']> {
  const [serviceCIDRs, podCIDRs] = [plan.serviceCIDRs, plan.podCIDRs].map((cidrs) =>
    cidrs.map(({ text }) => text),
  );
  return { serviceCIDRs: serviceCIDRs ?? [], podCIDRs: podCIDRs ?? [] };
}

function outcomeOf(
  isApplied: boolean,
  changes: readonly AppliedChange[],
  problems: readonly Problem[],
): ApplyOutcome {
  const of = (severity: Problem['severity']): readonly Warning[] =>
    problems.filter((problem) => problem.severity === severity).map(warningOf);
  return { isApplied, changes: changes.map(lineOf), errors: of('error'), warnings: of('warning') };
}

/** `service/web configured`. */
function lineOf({ kind, ref }: AppliedChange): string {
  return `${ref.kind.toLowerCase()}/${ref.name} ${kind}`;
}

/** `-n` is where objects go that name no namespace. */
function inNamespace(
  document: ManifestDocument,
  { kinds }: Cluster,
  namespace: string,
): ManifestDocument {
  const { object } = document;
  const isPlaced =
    object.metadata.namespace !== undefined ||
    !kinds.byApiVersion(object.apiVersion, object.kind).isNamespaced;
  return isPlaced
    ? document
    : { ...document, object: { ...object, metadata: { ...object.metadata, namespace } } };
}
