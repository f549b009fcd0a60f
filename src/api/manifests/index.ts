/** Manifests: reading them with the place of every field, finding what is wrong, and applying them. */
export type { ApplyTarget } from './apply-plan.ts';
export { applyManifests, type AppliedChange, type ApplyResult } from './apply.ts';
export { checkManifests, type CheckOptions } from './check.ts';
export { describeObject } from './describe-object.ts';
export { lintManifests, type LintOptions } from './lint/index.ts';
export { loadManifests, type LoadedManifests, type LoadOptions } from './load.ts';
export { parseManifests, type ManifestDocument, type ParsedManifests } from './parse.ts';
export type { Problem } from './problem.ts';
export { readManifests, type ReadManifests, type ReadOptions } from './read.ts';
export { checkShape, type CheckedShape, type UnknownField } from './schema.ts';
export { watchManifests, type WatchManifestsOptions } from './watch.ts';
