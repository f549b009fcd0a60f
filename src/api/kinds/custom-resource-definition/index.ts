/** Rules for CustomResourceDefinitions. Loaded with the first that somebody writes. */
import type { RareRules } from '../rare-rules.ts';
import { validateDefinition } from './validate.ts';

/** What judges definitions. */
export const DEFINITION_RULES: RareRules = { validate: validateDefinition };
