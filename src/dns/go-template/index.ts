/** The templates of Go, as far as records need them. */
export { compileGoTemplate, type GoTemplate } from './compile.ts';
export { GoTemplateError } from './go-template-error.ts';
export { print, type Method, type Struct, type Value } from './value.ts';
