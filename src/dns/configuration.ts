import {
  compileListeners,
  setUpBlock,
  type ListenerTable,
  type RunningBlock,
} from './blocks/index.ts';
import type { Resolve } from './chain.ts';
import {
  parseCorefile,
  type DnsEnvironment,
  type Environment,
  type ImportFiles,
  type PluginEntry,
} from './corefile/index.ts';
import type { Query } from './query.ts';

/** A Corefile and how it is called. */
export interface CorefileSource {
  /** Its path, or a name for errors; imports start at its folder. */
  readonly file: string;
  readonly text: string;
}

/** A Corefile with its plugins running. */
export interface Configuration extends AsyncDisposable {
  readonly source: CorefileSource;
  /** Files that it imports. */
  readonly files: readonly string[];
  readonly blocks: readonly RunningBlock[];
  readonly listeners: readonly ListenerTable[];
  /** Where lookups of this process go, and queries at the front door. */
  readonly front: ListenerTable | undefined;
  /** Told that everything listens. */
  start(): Promise<void>;
  /** Waits as plugins say before the end of the process. */
  drain(): Promise<void>;
}

export interface ConfigureOptions {
  readonly plugins: readonly PluginEntry[];
  readonly environment: DnsEnvironment;
  readonly variables: Environment;
  readonly files: ImportFiles;
}

/**
 * Reads a Corefile and sets its plugins up.
 *
 * @throws CorefileError; nothing is left running then.
 */
export async function configure(
  source: CorefileSource,
  options: ConfigureOptions,
): Promise<Configuration> {
  const { plugins, environment, variables } = options;
  const imported = new Set<string>();
  const files: ImportFiles = {
    glob: (pattern) => options.files.glob(pattern),
    read: (path) => {
      imported.add(path);
      return options.files.read(path);
    },
  };
  const parsed = parseCorefile(source.text, {
    file: source.file,
    plugins: plugins.map(({ name }) => name),
    environment: variables,
    files,
    onEmptyImport: (pattern) =>
      environment.log.info('no file matches the import', { part: 'dns', pattern }),
  });
  const stack = new AsyncDisposableStack();
  try {
    let listeners: readonly ListenerTable[] = [];
    const resolve: Resolve = (query) => listenerOf(query, listeners)?.resolve(query);
    const blocks: RunningBlock[] = [];
    for (const block of parsed)
      blocks.push(stack.use(await setUpBlock(block, { plugins, environment, resolve })));
    listeners = compileListeners(blocks);
    return {
      source,
      files: [...imported],
      blocks,
      listeners,
      front: frontOf(listeners),
      start: async () => {
        const instances = blocks.flatMap((block) => block.instances);
        await Promise.all(instances.map(async ([, instance]) => instance.onStart?.()));
      },
      drain: async () => {
        const instances = blocks.flatMap((block) => block.instances);
        await Promise.all(instances.map(async ([, instance]) => instance.onShutdown?.()));
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Lookups stay at the listener that the query came to. */
function listenerOf(
  { server }: Query,
  listeners: readonly ListenerTable[],
): ListenerTable | undefined {
  return listeners.find(({ address }) => address === server?.address) ?? frontOf(listeners);
}

/** Plain DNS on port 53, or else the first listener for plain DNS. */
function frontOf(listeners: readonly ListenerTable[]): ListenerTable | undefined {
  const plain = listeners.filter(({ transport }) => transport === 'dns');
  return plain.find(({ port, host }) => port === 53 && host === '') ?? plain[0] ?? listeners[0];
}
