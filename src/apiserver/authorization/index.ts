/** Who may do what: the group of the administrators everything, everybody else what roles and bindings say. */
export { authorizeCreation, authorizeRequest, authorizeUpgrade } from './authorize-request.ts';
export type { AccessAttributes, ResourceAccess } from './attributes.ts';
export { withoutEscalation } from './escalation.ts';
export { decideAccess, rulesFor, type AccessDecision } from './rbac.ts';
export { bootstrapPolicy } from './bootstrap-policy.ts';
