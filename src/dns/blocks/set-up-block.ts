import { dirname, isAbsolute, join } from 'node:path';
import { PodlaneError } from '../../net/index.ts';
import { composeChain, type Resolve } from '../chain.ts';
import {
  CorefileError,
  type Directive,
  type DnsEnvironment,
  type PluginDefinition,
  type PluginEntry,
  type PluginInstance,
  type ServerBlock,
  type ServerKey,
  type SetupContext,
} from '../corefile/index.ts';
import type { Observer } from '../observation.ts';

/** A server block with its plugins running. */
export interface RunningBlock extends AsyncDisposable {
  readonly block: ServerBlock;
  /** In order of the chain. */
  readonly instances: readonly (readonly [name: string, instance: PluginInstance])[];
  /** undefined where no plugin answers: queries are refused then. */
  readonly chain: Resolve | undefined;
  readonly observers: readonly Observer[];
  readonly view: PluginInstance['view'];
}

export interface SetUpOptions {
  readonly plugins: readonly PluginEntry[];
  readonly environment: DnsEnvironment;
  /** The whole server's. */
  readonly resolve: Resolve;
}

/**
 * Loads the plugins that a block names and sets them up, in order of the chain.
 *
 * @throws CorefileError; what was set up is closed again then.
 */
export async function setUpBlock(block: ServerBlock, options: SetUpOptions): Promise<RunningBlock> {
  const stack = new AsyncDisposableStack();
  const instances: (readonly [string, PluginInstance])[] = [];
  const peer = (name: string): PluginInstance | undefined =>
    instances.find(([other]) => other === name)?.[1];
  const context = {
    block,
    zones: block.keys.map(({ zone }) => zone),
    resolve: options.resolve,
    pathOf: (path: string) => {
      const folder = peer('root')?.root ?? dirname(block.position.file);
      return isAbsolute(path) ? path : join(folder, path);
    },
    peer,
    peers: () => instances,
    servers: () => listenersOf(block, instances),
    environment: options.environment,
  };
  try {
    // Code is read at once and not plugin by plugin; set up they are in order.
    const loading = groupByPlugin(block, options.plugins).map(async ([entry, directives]) => {
      const definition = await definitionOf(entry, directives, options.environment);
      return { entry, directives, definition };
    });
    for (const { entry, directives, definition } of await Promise.all(loading)) {
      if (definition === undefined) continue;
      const instance = await setUp(definition, directives, context);
      instances.push([entry.name, instance]);
      stack.defer(async () => instance[Symbol.asyncDispose]?.());
    }
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
  return {
    block,
    instances,
    chain: chainOf(instances),
    observers: instances.flatMap(([, { observe }]) => observe ?? []),
    view: instances.find(([, { view }]) => view !== undefined)?.[1].view,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** What the system refuses (a file that is a folder, say) is told at the line of the plugin. */
async function setUp(
  { name, setup }: PluginDefinition,
  directives: readonly Directive[],
  context: SetupContext,
): Promise<PluginInstance> {
  try {
    return await setup(directives, context);
  } catch (error) {
    const [first] = directives;
    const isOfSystem =
      error instanceof Error && !(error instanceof PodlaneError) && 'code' in error;
    if (!isOfSystem || first === undefined) throw error;
    throw new CorefileError(`plugin/${name}: ${error.message}`, first.position, { cause: error });
  }
}

/** Names of the listeners of a block: one for each transport, address and port. */
export function listenersOf(
  { keys }: ServerBlock,
  instances: RunningBlock['instances'],
): readonly string[] {
  const hosts = hostsOf(instances);
  return [...new Set(keys.flatMap((key) => hosts.map((host) => listenerName(key, host))))];
}

/** The addresses that `bind` gives; '' is every one. */
export function hostsOf(instances: RunningBlock['instances']): readonly string[] {
  const hosts = instances.flatMap(([, { listen }]) => listen?.addresses ?? []);
  return hosts.length === 0 ? [''] : [...new Set(hosts)];
}

/** `dns://:53`, `tls://127.0.0.1:853` */
export function listenerName({ transport, port }: ServerKey, host: string): string {
  return `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function chainOf(instances: RunningBlock['instances']): Resolve | undefined {
  const isHandled = instances.some(([, { plugin, observe }]) => plugin ?? observe);
  if (!isHandled) return undefined;
  return composeChain(instances.flatMap(([, { plugin }]) => plugin ?? []));
}

/** The lines of each plugin, in order of the chain. */
function groupByPlugin(
  { directives }: ServerBlock,
  plugins: readonly PluginEntry[],
): readonly (readonly [PluginEntry, readonly Directive[]])[] {
  const groups = Map.groupBy(directives, ({ name }) => name);
  return plugins.flatMap((entry) => {
    const lines = groups.get(entry.name);
    return lines === undefined ? [] : [[entry, lines] as const];
  });
}

function definitionOf(
  { name, load, isIgnored = false }: PluginEntry,
  [first]: readonly Directive[],
  { log }: DnsEnvironment,
): ReturnType<NonNullable<PluginEntry['load']>> | undefined {
  if (load !== undefined) return load();
  if (isIgnored) {
    log.info('plugin has no effect here', { part: 'dns', plugin: name });
    return undefined;
  }
  const place = first?.position ?? { file: 'Corefile', line: 1, column: 1 };
  throw new CorefileError(`plugin/${name}: CoreDNS has this plugin, this server does not`, place, {
    hint: 'podlane serves what a cluster on one machine needs; remove the line for use here.',
  });
}
