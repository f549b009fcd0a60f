/** Admission policies. Loaded with the first of them: their language is slow to load. */
import type { PolicyPlugin } from '../../admission-rules.ts';
import { mutateByPolicies } from './mutate.ts';
import { validateByPolicies } from './validate.ts';

/** Changes what policies change, and refuses what they refuse. */
export const POLICIES: PolicyPlugin = { mutate: mutateByPolicies, validate: validateByPolicies };
