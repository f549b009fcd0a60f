/** Where relative paths start. */
import { argOf, onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';

/** `root FOLDER` */
export const root: PluginDefinition = {
  name: 'root',
  setup: (directives, { environment: { files, log } }) => {
    const directive = onlyOnce(directives);
    refuseBlock(directive);
    const folder = argOf(directive);
    if (files.modifiedAtMs(folder) === undefined)
      log.warn('root path does not exist', { part: 'dns', folder });
    return { root: folder };
  },
};
