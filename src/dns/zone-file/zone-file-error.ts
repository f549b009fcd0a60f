import { PodlaneError, type Position } from '../../net/index.ts';

/** What a zone file says wrong, and where. */
export class ZoneFileError extends PodlaneError {
  override readonly name = 'ZoneFileError';

  constructor(what: string, position: Position, cause?: unknown) {
    super('ERR_ZONE_FILE', `${position.file}:${position.line}: ${what}`, {
      position,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
