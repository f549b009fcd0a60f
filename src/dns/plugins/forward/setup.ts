import type { Answer } from '../../answer.ts';
import { composePlugins } from '../../chain.ts';
import {
  argsOf,
  CorefileError,
  type Directive,
  type PluginDefinition,
  type SetupContext,
} from '../../corefile/index.ts';
import { RCODE } from '../../wire/index.ts';
import { zonesOf } from '../../zones.ts';
import { parseDestination, type Destination, type DestinationText } from './destination.ts';
import { createForward, type Forward, type ForwardOptions } from './index.ts';
import { createForwardMetrics } from './metrics.ts';
import { readForwardSettings, type ForwardSettings } from './options.ts';
import { POLICIES } from './policy.ts';
import { formatUpstream, parseUpstream, type Upstream } from './upstream.ts';

const MAX_UPSTREAMS = 15;

/** `forward FROM TO… { … }` */
export const forward: PluginDefinition = {
  name: 'forward',
  setup: async (directives, context) => {
    const stanzas: Forward[] = [];
    for (const [index, directive] of directives.entries())
      stanzas.push(await setUpStanza(directive, context, index < directives.length - 1));
    return {
      plugin: composePlugins(stanzas.map(({ plugin }) => plugin)),
      hasAllClasses: true,
      [Symbol.asyncDispose]: async () => {
        for (const stanza of stanzas) stanza[Symbol.dispose]();
      },
    };
  },
};

async function setUpStanza(
  directive: Directive,
  { environment, pathOf }: SetupContext,
  hasNext: boolean,
): Promise<Forward> {
  const [from = '.', ...to] = argsOf(directive, 2, Infinity);
  if (to.length > MAX_UPSTREAMS)
    throw new CorefileError(`more than 15 TOs configured: ${to.length}`, directive.position);
  const settings = readForwardSettings(directive);
  const destinations = await destinationsOf(to, { directive, settings, environment, pathOf });
  const { clock, random, ownAddresses, metrics } = environment;
  const [zone = '.'] = zonesOf(from);
  return createForward({
    upstreams: destinations.map(({ upstream }) => upstream),
    from: zone,
    clock,
    random,
    ownAddresses,
    metrics: createForwardMetrics(metrics),
    ...optionsOf(settings),
    policy: POLICIES[settings.policy](random),
    isForNext: (answer) => hasNext && isForNext(answer, settings),
    ...(await secureStreams(destinations, { directive, settings, environment, pathOf })),
  });
}

/** What goes through as it is. */
function optionsOf(settings: ForwardSettings): Partial<ForwardOptions> {
  const { maxConnectAttempts } = settings;
  return {
    except: settings.except,
    maxFails: settings.maxFails,
    healthCheck: settings.healthCheck,
    forceTcp: settings.isTcpForced,
    preferUdp: settings.isUdpPreferred,
    maxConcurrent: settings.maxConcurrent,
    timeoutMs: settings.readTimeoutMs,
    expireMs: settings.expireMs,
    failover: settings.failover,
    isFailfast: settings.isFailfast,
    ...(maxConnectAttempts === undefined ? {} : { maxConnectAttempts }),
  };
}

function isForNext({ rcode, answers }: Answer, { next, isNextOnNodata }: ForwardSettings): boolean {
  const isNodata = rcode === RCODE.NOERROR && answers.length === 0;
  return next.has(rcode) || (isNextOnNodata && isNodata);
}

interface StanzaContext {
  readonly directive: Directive;
  readonly settings: ForwardSettings;
  readonly environment: SetupContext['environment'];
  readonly pathOf: SetupContext['pathOf'];
}

/** Addresses as they stand, of resolv.conf files, and of host names, each once. */
async function destinationsOf(
  texts: readonly string[],
  context: StanzaContext,
): Promise<readonly Destination[]> {
  const found = new Map<string, Destination>();
  for (const text of texts)
    for (const destination of await destinationsAt(text, context)) {
      const { transport, upstream, serverName = '' } = destination;
      const key = `${transport} ${formatUpstream(upstream)} ${serverName.toLowerCase()}`;
      if (!found.has(key)) found.set(key, destination);
    }
  return [...found.values()];
}

async function destinationsAt(
  text: string,
  context: StanzaContext,
): Promise<readonly Destination[]> {
  const { directive, environment } = context;
  const isFile = (path: string): boolean => environment.files.modifiedAtMs(path) !== undefined;
  const parsed = text === '' ? undefined : parseDestination(text, isFile);
  switch (parsed?.kind) {
    case 'address':
      return [parsed.destination];
    case 'file':
      return environment
        .resolvConf(parsed.path)
        .nameservers.flatMap((nameserver) => parseUpstream(nameserver) ?? [])
        .map((upstream) => ({ upstream, transport: 'dns' as const }));
    case 'name':
      return await resolveName(parsed, context);
    case 'unsupported':
      throw new CorefileError(
        `'${parsed.transport}' is not supported as a destination protocol in forward: ${text}`,
        directive.position,
        { hint: 'This server asks over UDP, TCP, TLS and HTTPS.' },
      );
    case undefined:
      throw new CorefileError(
        text === '' ? 'invalid address: ""' : `not an IP address, file, or valid domain: "${text}"`,
        directive.position,
      );
    default:
      return parsed satisfies never;
  }
}

async function resolveName(
  { name, port, transport, serverName }: DestinationText & { readonly kind: 'name' },
  { directive, settings }: StanzaContext,
): Promise<readonly Destination[]> {
  try {
    const { resolveHostName } = await import('./host-names.ts');
    const addresses = await resolveHostName(name, settings.resolver);
    return addresses.map((address) => ({
      upstream: { address, port },
      transport,
      ...(serverName === undefined ? {} : { serverName }),
    }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CorefileError(`failed to resolve "${name}": ${reason}`, directive.position, {
      cause: error,
    });
  }
}

/** Ways to the upstreams that are asked over TLS or HTTPS; their code is loaded when there are any. */
async function secureStreams(
  destinations: readonly Destination[],
  { directive, settings, environment: { files }, pathOf }: StanzaContext,
): Promise<Pick<ForwardOptions, 'streamTo'>> {
  const secure = new Map<Upstream, Destination>();
  for (const destination of destinations)
    if (destination.transport !== 'dns') secure.set(destination.upstream, destination);
  const both = [...secure.values()].find(({ serverName }) => serverName !== undefined);
  if (both !== undefined && settings.tlsServerName !== undefined)
    throw new CorefileError(
      `both forward ('${settings.tlsServerName}') and proxy level ('${both.serverName}') TLS servernames are set for upstream proxy '${both.upstream.address}'`,
      directive.position,
    );
  if (secure.size === 0) return {};
  const credentials = readTls(settings.tls.map(pathOf), directive, files);
  const isUsed = (transport: string): boolean =>
    [...secure.values()].some((destination) => destination.transport === transport);
  const openTls = isUsed('tls')
    ? (await import('./tls-stream.ts')).createTlsStreams(credentials)
    : undefined;
  const method = settings.dohMethod;
  const openHttps = isUsed('https')
    ? (await import('./https-stream.ts')).createHttpsStreams({ ...credentials, method })
    : undefined;
  return {
    streamTo: (upstream, optionsFor) => {
      const destination = secure.get(upstream);
      if (destination === undefined) return undefined;
      const serverName = destination.serverName ?? settings.tlsServerName;
      return destination.transport === 'https'
        ? openHttps?.(optionsFor('https'), serverName)
        : openTls?.(optionsFor('tcp-tls'), serverName);
    },
  };
}

/** `tls [CERT KEY] [CA]`, as PEM texts. */
function readTls(
  paths: readonly string[],
  { position }: Directive,
  files: SetupContext['environment']['files'],
): { readonly cert?: string; readonly key?: string; readonly ca?: string } {
  const read = (path: string): string => {
    try {
      return files.read(path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CorefileError(`could not load TLS file: ${reason}`, position, { cause: error });
    }
  };
  const texts = paths.map(read);
  if (texts.length === 1) return { ca: texts[0] ?? '' };
  const [cert, key, ca] = texts;
  if (cert === undefined || key === undefined) return {};
  return { cert, key, ...(ca === undefined ? {} : { ca }) };
}
