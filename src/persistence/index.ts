/** The state of a cluster in a folder: what was acknowledged outlives the process, however it ends. */
export { openDataFolder, type DataFolder } from './data-folder.ts';
export { DataFolderError, type DataFolderErrorCode } from './data-folder-error.ts';
