import { createKindRegistry, createStore, KINDS } from '../api/index.ts';
import { createClusterDns, HOST_FILES, readHostResolvConf } from '../dns/index.ts';
import { PodlaneError } from '../net/index.ts';
import { SILENT, SYSTEM_CLOCK } from '../observe/index.ts';

export interface CheckCorefileOptions {
  /** What `{$NAME}` stands for. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Sets a Corefile's plugins up, and lets them go again; nothing is listened on.
 *
 * @returns The zones that it serves, as `dns://.:53`.
 * @throws CorefileError, or PodlaneError `ERR_COREFILE` where the file cannot be read.
 */
export async function checkCorefile(
  file: string,
  { variables }: CheckCorefileOptions,
): Promise<readonly string[]> {
  const now = (): number => SYSTEM_CLOCK.now();
  const random = (): number => 0;
  await using dns = createClusterDns({
    store: createStore({ kinds: createKindRegistry(KINDS), now, random }),
    clock: SYSTEM_CLOCK,
    random,
    log: SILENT,
    resolvConf: readHostResolvConf,
    variables,
  });
  await dns.load({ file, text: readText(file) });
  return dns.zones;
}

function readText(file: string): string {
  try {
    return HOST_FILES.read(file);
  } catch (error) {
    throw new PodlaneError('ERR_COREFILE', `cannot read the Corefile ${file}`, { cause: error });
  }
}
