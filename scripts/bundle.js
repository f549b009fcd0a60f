import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * Bundles the command and the threads that it starts into a folder: to load their modules one by one is half of a start.
 *
 * @param {string} folder Two levels below the root, as `src/cli` is: the files of `data/` are looked for from there.
 * @returns {Promise<readonly string[] | undefined>} The paths of the sources, from the root; undefined where they cannot
 *   be read, and then what is wrong with them has been said.
 */
export async function bundle(folder) {
  try {
    const { metafile } = await build({
      absWorkingDir: join(import.meta.dirname, '..'),
      entryPoints: ['src/cli/main.ts', 'src/dns/workers/thread.ts'],
      entryNames: '[name]',
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      target: 'node24',
      supported: { using: true },
      format: 'esm',
      sourcemap: true,
      sourcesContent: false,
      outdir: folder,
      logLevel: 'warning',
      metafile: true,
    });
    return Object.keys(metafile.inputs);
  } catch (error) {
    // What esbuild has found in the sources it has said itself.
    if (error.errors === undefined) throw error;
    return undefined;
  }
}

if (import.meta.filename === process.argv[1] && (await bundle('dist/cli')) === undefined)
  process.exitCode = 1;
