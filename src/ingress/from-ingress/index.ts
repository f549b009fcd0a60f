/** Ingress objects into routes. */
export { checkIngress, createIngressAdmission, type IngressAdmission } from './admission.ts';
export type { AdmissionFacts } from './admission-record.ts';
export { annotationNotes, annotationProblems } from './annotation-problems.ts';
export type { AnnotationNote } from './annotations/index.ts';
export {
  compileIngress,
  type CertificateClaim,
  type CompiledIngress,
  type NginxIngress,
} from './compile-ingress.ts';
export {
  controllerOptions,
  isControllerConfigMap,
  isControllerWorkload,
} from './controller-configuration.ts';
export type { ControllerOptions } from './controller-options.ts';
export {
  describeForeign,
  foreignClassOf,
  isOurs,
  personalityOf,
  type ForeignClass,
  type IngressPersonality,
} from './ingress-class.ts';
export { publishAddresses } from './publish-addresses.ts';
export { compileNginxHost } from './nginx-host.ts';
export { serviceNamed } from './nginx-policy.ts';
