/** Rules for CustomResourceDefinitions. Loaded with the first that somebody writes. */
export { validateDefinition } from './validate.ts';
