/** kubectl's JSONPath templates: their expressions are not those of RFC 9535. */
export type { TemplateNode } from './nodes.ts';
export { parseExpression, parseTemplate } from './parse-template.ts';
export { printGoValue, printTemplate, valuesOf } from './print.ts';
export { JsonPathError } from './json-path-error.ts';
