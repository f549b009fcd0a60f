import type {
  ExpectRequest,
  ExpectResult,
  MatrixRequest,
  MatrixResult,
  ReachRequest,
  ReachResult,
} from '../control/index.ts';
import type * as Reach from './reach/index.ts';
import type { PolicyDiffOptions, PolicyDiffResult } from './reach/index.ts';

/** What can be asked about who reaches whom. */
export interface ReachDesk {
  reach(request: ReachRequest): Promise<readonly ReachResult[]>;
  matrix(request: MatrixRequest): Promise<MatrixResult>;
  expect(request: ExpectRequest): Promise<ExpectResult>;
}

/**
 * Who reaches whom in a cluster that these manifests make, in memory; each question starts one of its own.
 *
 * Its functions throw ManifestError where the manifests cannot be applied.
 */
export function reachInMemory(paths: readonly string[]): ReachDesk {
  const ask = async <Q extends { readonly isDecided?: boolean }, R>(
    request: Q,
    choose: (library: typeof Reach) => (world: Reach.ReachWorld, request: Q) => Promise<R>,
  ): Promise<R> => {
    // Nothing of it is needed to serve.
    const library = await import('./reach/index.ts');
    const { isDecided = false } = request;
    return library.inMemory({ paths, isDecided }, (world) => choose(library)(world, request));
  };
  return {
    reach: (request) => ask(request, ({ reach }) => reach),
    matrix: (request) => ask(request, ({ matrix }) => matrix),
    expect: (request) => ask(request, ({ judge }) => judge),
  };
}

/** The flows that two sets of manifests decide differently, in memory. @throws ManifestError */
export async function diffPolicies(options: PolicyDiffOptions): Promise<PolicyDiffResult> {
  const reach = await import('./reach/index.ts');
  return reach.diffPolicies(options);
}
