import { PodlaneError } from '../net/index.ts';

/**
 * `ERR_DATA_FOLDER`: it cannot be read or written; `ERR_DATA_FOREIGN`: what is there is damaged, or not ours;
 * `ERR_DATA_IN_USE`: another instance has it.
 */
export type DataFolderErrorCode = 'ERR_DATA_FOLDER' | 'ERR_DATA_FOREIGN' | 'ERR_DATA_IN_USE';

/** Why the state of a cluster cannot be kept in a folder. */
export class DataFolderError extends PodlaneError {
  override readonly name = 'DataFolderError';
  declare readonly code: DataFolderErrorCode;

  constructor(
    code: DataFolderErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly hint?: string } = {},
  ) {
    super(code, message, options);
  }
}
