/** `GET /ready`: every plugin that has to wait for something has got it. */
import {
  argOf,
  CorefileError,
  onlyOnce,
  readOptions,
  type HttpReply,
  type OpenEndpoint,
  type PluginDefinition,
  type PluginInstance,
} from '../../corefile/index.ts';
import { endpointAddress } from '../endpoint-address.ts';

const MODES = ['until-ready', 'continuously'];
const NOT_FOUND: HttpReply = { status: 404, body: '404 page not found\n' };

/** `ready [ADDRESS] { monitor until-ready|continuously }` */
export const ready: PluginDefinition = {
  name: 'ready',
  setup: (directives, { environment: { endpoints }, peers }) => {
    const directive = onlyOnce(directives);
    const address = endpointAddress(directive, ':8181');
    let isRemembered = true;
    readOptions(directive, {
      monitor: (option) => {
        const mode = argOf(option);
        if (!MODES.includes(mode))
          throw new CorefileError(`invalid monitor type '${mode}'`, option.position);
        isRemembered = mode === 'until-ready';
      },
    });
    const known = new Set<PluginInstance>();
    const isWaiting = (instance: PluginInstance): boolean => {
      if (instance.isReady === undefined || known.has(instance)) return false;
      const isReady = instance.isReady();
      if (isReady && isRemembered) known.add(instance);
      return !isReady;
    };
    const answer = (path: string): HttpReply => {
      if (path !== '/ready') return NOT_FOUND;
      const waiting = peers().flatMap(([name, instance]) => (isWaiting(instance) ? name : []));
      return waiting.length === 0
        ? { status: 200, body: 'OK' }
        : { status: 503, body: waiting.toSorted().join(',') };
    };
    let endpoint: OpenEndpoint | undefined;
    return {
      onStart: async () => {
        endpoint = await endpoints.open({ what: 'ready', address, answer });
      },
      // Who asks shall go elsewhere.
      onShutdown: async () => endpoint?.[Symbol.asyncDispose](),
      [Symbol.asyncDispose]: async () => endpoint?.[Symbol.asyncDispose](),
    };
  },
};
