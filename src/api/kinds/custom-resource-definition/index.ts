/** Rules for CustomResourceDefinitions. Loaded with the first that somebody writes. */
import type { RareRules } from '../rare-rules.ts';
import { validateDefinition } from './validate.ts';

/** By the name of the kind. */
export const DEFINITION_RULES: Readonly<Record<string, RareRules>> = {
  'CustomResourceDefinition.apiextensions.k8s.io': { validate: validateDefinition },
};
