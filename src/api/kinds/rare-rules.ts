import type { KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';

/** What is known of a kind that few write, besides how it is printed. */
export type RareRules = Pick<KindRow<string>, 'defaults' | 'prepareForUpdate' | 'validate'>;

type RulesByKind = Readonly<Record<string, RareRules>>;

/** Of modules that most runs never need: who brings such an object brings them. */
let loaded: RulesByKind = {};

const DEFINITION = 'CustomResourceDefinition.apiextensions.k8s.io';

/** Every other kind that has such rules. */
const RARE: ReadonlySet<string> = new Set(['HorizontalPodAutoscaler.autoscaling']);

/** Loads what judges `objects`; writes do not wait, so whoever writes awaits it first. */
export async function loadRareRules(objects: readonly KubeObject[]): Promise<void> {
  for (const { apiVersion, kind } of objects) {
    const name = `${kind}.${apiVersion.split('/')[0] ?? ''}`;
    const isMissing = loaded[name] === undefined;
    if (isMissing && name === DEFINITION) {
      const { DEFINITION_RULES } = await import('./custom-resource-definition/index.ts');
      loaded = { ...loaded, [DEFINITION]: DEFINITION_RULES };
    } else if (isMissing && RARE.has(name)) {
      const { RARE_RULES } = await import('./rare/index.ts');
      loaded = { ...loaded, ...RARE_RULES };
    }
  }
}

/** The part of a kind's row that does nothing as long as nobody has brought an object of it. */
export function rareRules(kind: string): RareRules {
  return {
    defaults: (object, context) => loaded[kind]?.defaults?.(object, context) ?? object,
    prepareForUpdate: (object, old) => loaded[kind]?.prepareForUpdate?.(object, old) ?? object,
    validate: (object, old) => loaded[kind]?.validate?.(object, old) ?? [],
  };
}
