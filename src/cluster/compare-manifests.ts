import type { CompareOptions, CompareResult } from './compare/index.ts';

/**
 * Routes every request of a file with two sets of manifests, in memory, and tells what differs.
 *
 * @throws ManifestError; PodlaneError `ERR_OPTION` where the requests cannot be read.
 */
export async function compareManifests(options: CompareOptions): Promise<CompareResult> {
  // Nothing of it is needed to serve.
  const compare = await import('./compare/index.ts');
  return compare.compareManifests(options);
}
