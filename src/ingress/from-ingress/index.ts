/** Ingress objects into routes. */
export {
  compileIngress,
  CONTROLLERS,
  isOurs,
  type CertificateClaim,
  type CompiledIngress,
} from './compile-ingress.ts';
