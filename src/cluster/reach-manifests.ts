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
  // Nothing of it is needed to serve.
  const load = (): Promise<typeof Reach> => import('./reach/index.ts');
  return {
    reach: async (request) => {
      const { inMemory, reach } = await load();
      return inMemory({ paths, ...decidedOf(request) }, (world) => reach(world, request));
    },
    matrix: async (request) => {
      const { inMemory, matrix } = await load();
      return inMemory({ paths, ...decidedOf(request) }, (world) => matrix(world, request));
    },
    expect: async (request) => {
      const { inMemory, judge } = await load();
      return inMemory({ paths, ...decidedOf(request) }, (world) => judge(world, request));
    },
  };
}

/** The flows that two sets of manifests decide differently, in memory. @throws ManifestError */
export async function diffPolicies(options: PolicyDiffOptions): Promise<PolicyDiffResult> {
  const reach = await import('./reach/index.ts');
  return reach.diffPolicies(options);
}

function decidedOf({ isDecided = false }: { readonly isDecided?: boolean }): {
  readonly isDecided: boolean;
} {
  return { isDecided };
}
