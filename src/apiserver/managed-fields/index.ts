/** Who owns which field of an object: what updates are recorded as, and server-side apply. */
export { loadApply } from './load-apply.ts';
export { jsonWithManagers } from './manager-json.ts';
export { trackUpdate } from './track.ts';
export type { Writer } from './writer.ts';
