/** Changes to objects as clients write them: JSON patch, merge patch, strategic merge patch, and kubectl's apply. */
export { formatGo, goTypeOf } from './format-go.ts';
export { isJsonObject, type JsonObject } from './json.ts';
export { loadPatches } from './load-patches.ts';
export { threeWayMerge, type ThreeWay } from './three-way.ts';
