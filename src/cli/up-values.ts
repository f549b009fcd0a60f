import { isSchedulerName, type Door, type InstanceOptions } from '../index.ts';
import { flagOption, listOption, textOption, type OptionValues } from './command.ts';
import { readDoor } from './up-options.ts';
import { UsageError } from './usage-error.ts';

/** Where the front doors are to be. @throws UsageError */
export function doors(
  values: OptionValues,
): Record<
  'dns' | 'http' | 'https' | 'entry' | 'proxyHealth' | 'proxyMetrics' | 'ingressMetrics',
  Door | undefined
> {
  const isExposed = flagOption(values, 'expose');
  const door = (name: string) => readDoor(name, textOption(values, name), isExposed);
  return {
    dns: door('dns'),
    http: door('http'),
    https: door('https'),
    entry: door('entry'),
    proxyHealth: door('proxy-health'),
    proxyMetrics: door('proxy-metrics'),
    ingressMetrics: door('ingress-metrics'),
  };
}

/** How Services choose an endpoint. @throws UsageError */
export function scheduler(values: OptionValues): InstanceOptions['proxy'] | undefined {
  const name = textOption(values, 'proxy-scheduler');
  if (name === undefined) return undefined;
  if (isSchedulerName(name)) return { scheduler: name };
  throw new UsageError(
    `podlane up: --proxy-scheduler does not know "${name}"`,
    'Schedulers: random, rr, wrr, lc, wlc, sh, dh, sed, nq, mh.',
  );
}

/** An option that may be given more than once, or with commas. */
export function several(values: OptionValues, name: string): readonly string[] | undefined {
  const list = listOption(values, name).flatMap((value) => value.split(','));
  return list.length === 0 ? undefined : list;
}

/** Who is asked for names of the world. */
export function upstreams(values: OptionValues): 'off' | readonly string[] | undefined {
  const list = several(values, 'dns-upstream');
  return list?.length === 1 && list[0] === 'off' ? 'off' : list;
}

/** The options that were given: an absent one is not one that is undefined. */
export function defined<T extends object>(
  options: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]?: Exclude<T[K], undefined> }; // undefined ones are gone
}
