import { loadAdmissionPlugins } from './admission-rules.ts';
import { loadRareRules } from './kinds/rare-rules.ts';
import { loadRareVolumes } from './kinds/rare-volumes.ts';
import type { KubeObject } from './object.ts';
import { loadRuleEvaluator } from './structural/index.ts';

/**
 * Loads what the store needs once these objects are in it: the language of definitions' rules, admission plugins, rules for rare kinds.
 *
 * Whoever writes objects from outside awaits it first: writes do not wait.
 */
export async function prepareWrites(objects: readonly KubeObject[]): Promise<void> {
  await Promise.all([
    loadRuleEvaluator(objects),
    loadAdmissionPlugins(objects),
    loadRareRules(objects),
    loadRareVolumes(objects),
  ]);
}
