import { PodlaneError } from '../net/index.ts';

/**
 * `ERR_IPAM_TAKEN`: somebody has it; `ERR_IPAM_OUT_OF_RANGE`: not ours to give; `ERR_IPAM_FULL`: nothing is left;
 * `ERR_IPAM_CONFIG`: the pool itself makes no sense.
 */
export type IpamErrorCode =
  | 'ERR_IPAM_TAKEN'
  | 'ERR_IPAM_OUT_OF_RANGE'
  | 'ERR_IPAM_FULL'
  | 'ERR_IPAM_CONFIG';

/** Why an address, a port or a prefix could not be had, in upstream's words. */
export class IpamError extends PodlaneError {
  override readonly name = 'IpamError';
  declare readonly code: IpamErrorCode;

  constructor(code: IpamErrorCode, message: string, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
  }
}
