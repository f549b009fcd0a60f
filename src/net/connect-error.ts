import { PodlaneError, type PodlaneErrorOptions } from './podlane-error.ts';

/** `ERR_REFUSED`: the peer says no at once; `ERR_DROPPED`: silence; `ERR_UNREACHABLE`: no such address or no route. */
export type ConnectErrorCode = 'ERR_REFUSED' | 'ERR_DROPPED' | 'ERR_UNREACHABLE';

/** Why `Connect` did not give a connection. */
export class ConnectError extends PodlaneError {
  override readonly name = 'ConnectError';
  declare readonly code: ConnectErrorCode;

  constructor(code: ConnectErrorCode, message: string, options: PodlaneErrorOptions = {}) {
    super(code, message, options);
  }
}
