/** Changes to objects as clients write them: JSON patch, merge patch, strategic merge patch, and kubectl's apply. */
export { isJsonObject, type JsonObject } from './json.ts';
export { jsonPatch, JsonPatchTestFailed } from './json-patch.ts';
export { mergePatch } from './merge-patch.ts';
export { strategicMergePatch } from './strategic-merge.ts';
export { threeWayMerge, type ThreeWay } from './three-way.ts';
