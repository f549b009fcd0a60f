import { PodlaneError, type Position } from '../../net/index.ts';

/** What a Corefile says wrong, and where. */
export class CorefileError extends PodlaneError {
  override readonly name = 'CorefileError';
  override readonly position: Position;

  /** @param what In CoreDNS' words where it has some. */
  constructor(
    what: string,
    position: Position,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super('ERR_COREFILE', what, { ...options, position });
    this.position = position;
  }
}
