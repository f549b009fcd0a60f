import { loadAdmissionPlugins } from './admission-rules.ts';
import { loadRareRules } from './kinds/rare-rules.ts';
import { loadRareVolumes } from './kinds/rare-volumes.ts';
import type { KubeObject } from './object.ts';
import { loadRuleEvaluator } from './structural/index.ts';

/**
 * Loads what the store needs once these objects are in it: the language of definitions' rules, admission plugins, rules for rare kinds.
 *
 * Whoever writes objects from outside awaits it first: writes do not wait.
 *
 * @returns undefined where everything is there.
 */
export function prepareWrites(objects: readonly KubeObject[]): Promise<void> | undefined {
  const loading = [
    loadRuleEvaluator(objects),
    loadAdmissionPlugins(objects),
    loadRareRules(objects),
    loadRareVolumes(objects),
  ].filter((load) => load !== undefined);
  return loading.length === 0 ? undefined : whenAll(loading);
}

async function whenAll(loading: readonly Promise<void>[]): Promise<void> {
  await Promise.all(loading);
}
