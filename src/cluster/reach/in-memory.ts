import { askInMemory } from '../in-memory.ts';
import type { ReachWorld } from './probe.ts';

export interface InMemoryOptions {
  /** Manifests: files and folders. */
  readonly paths: readonly string[];
  readonly isDecided: boolean;
}

/**
 * Asks something of a cluster that listens nowhere and is there as long as the answer takes.
 *
 * @throws ManifestError
 */
export async function inMemory<T>(
  { paths, isDecided }: InMemoryOptions,
  ask: (world: ReachWorld) => Promise<T>,
): Promise<T> {
  return askInMemory(paths, (cluster, manifests) =>
    ask({ cluster, locate: manifests.locate, isDecided }),
  );
}
