/** The patches that clients of the API send. */
export { jsonPatch, JsonPatchTestFailed } from './json-patch.ts';
export { mergePatch } from './merge-patch.ts';
export { strategicMergePatch } from './strategic-merge.ts';
