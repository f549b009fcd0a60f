/** Records as text: zone files, and single lines of them. */
export { parseRecord } from './parse-record.ts';
export { ZoneFileError } from './zone-file-error.ts';
export { parseZone, type ParseZoneOptions } from './parse-zone.ts';
