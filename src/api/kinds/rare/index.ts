/** Defaults of and rules for kinds that few write. Loaded with the first such object that somebody brings. */
import type { RareRules } from '../rare-rules.ts';
import { HORIZONTAL_POD_AUTOSCALER } from './horizontal-pod-autoscaler.ts';

/** By the name of the kind. */
export const RARE_RULES: Readonly<Record<string, RareRules>> = {
  'HorizontalPodAutoscaler.autoscaling': HORIZONTAL_POD_AUTOSCALER,
};
