import type { AdmissionFacts } from './from-ingress/index.ts';
import type { MetricSnapshot } from './ingress-metrics.ts';

/** A certificate that a host is served with. */
export interface CertificateFacts {
  readonly host: string;
  readonly namespace: string;
  readonly secretName: string;
  /** Seconds since 1970. */
  readonly expiresSeconds: number;
  readonly serialNumber: string;
  readonly issuerCommonName: string;
  readonly issuerOrganization: string;
  readonly publicKeyAlgorithm: string;
}

/** An Ingress that leads nowhere. */
export interface OrphanFacts {
  readonly namespace: string;
  readonly ingress: string;
  readonly type: 'no-service' | 'no-endpoint';
}

/** What the controller says of itself and of what it has read. */
export interface ControllerFacts {
  /** How often the routes changed. */
  readonly reloads: number;
  /** When they did last, since 1970. */
  readonly reloadedSeconds: number;
  readonly certificates: readonly CertificateFacts[];
  readonly orphans: readonly OrphanFacts[];
  readonly admission: AdmissionFacts;
}

/** Prints one metric's values under ingress-nginx's name. */
export type Printer = (
  name: string,
  type: 'counter' | 'gauge',
  help: string,
) => (
  ...values: readonly (readonly [
    labels: Readonly<Record<string, string | number>>,
    value: number,
  ])[]
) => MetricSnapshot;

const CLASS = { class: 'k8s.io/ingress-nginx' } as const;
/** The last there was. */
const BUILD = {
  release: 'v1.15.1',
  build: 'podlane',
  repository: 'https://github.com/kubernetes/ingress-nginx',
} as const;

/** The metrics of ingress-nginx that are about its configuration. */
export function controllerMetrics(
  { reloads, reloadedSeconds, certificates, orphans, admission }: ControllerFacts,
  print: Printer,
): readonly MetricSnapshot[] {
  return [
    print(
      'build_info',
      'gauge',
      'A metric with a constant 1 labeled with information about the build.',
    )([BUILD, 1]),
    print('config_hash', 'gauge', 'Running configuration hash')([{}, reloads]),
    print(
      'config_last_reload_successful',
      'gauge',
      'Whether the last configuration reload attempt was successful',
    )([{}, 1]),
    print(
      'config_last_reload_successful_timestamp_seconds',
      'gauge',
      'Timestamp of the last successful configuration reload.',
    )([{}, reloadedSeconds]),
    print(
      'success',
      'counter',
      'Cumulative number of Ingress controller reload operations',
    )([CLASS, reloads]),
    print(
      'errors',
      'counter',
      'Cumulative number of Ingress controller errors during reload operations',
    )([CLASS, 0]),
    print(
      'leader_election_status',
      'gauge',
      'Gauge reporting status of the leader election, 0 indicates follower, 1 indicates leader.',
    )([{ name: 'ingress-nginx-leader' }, 1]),
    print(
      'orphan_ingress',
      'gauge',
      'Gauge reporting status of ingress orphanity, 1 indicates orphaned ingress.',
    )(...orphans.map((orphan) => [{ ...orphan }, 1] as const)),
    ...certificateMetrics(certificates, print),
    ...admissionMetrics(admission, print),
  ];
}

/** Nothing is rendered here: there is no configuration file that could be tested. */
function admissionMetrics(
  { checks, last: { ingresses, tookMs } = { ingresses: 0, tookMs: 0 } }: AdmissionFacts,
  print: Printer,
): readonly MetricSnapshot[] {
  const place = ({ namespace, ingress }: AdmissionFacts['checks'][number]) => ({
    namespace,
    ingress,
  });
  const gauge = (name: string, help: string, value: number): MetricSnapshot =>
    print(`admission_${name}`, 'gauge', help)([{}, value]);
  return [
    print(
      'check_success',
      'counter',
      'Cumulative number of Ingress controller syntax check operations',
    )(...checks.map((each) => [place(each), each.accepted] as const)),
    print(
      'check_errors',
      'counter',
      'Cumulative number of Ingress controller errors during syntax check operations',
    )(...checks.map((each) => [place(each), each.refused] as const)),
    gauge(
      'tested_ingresses',
      'The length of ingresses processed by the admission controller',
      ingresses === 0 ? 0 : 1,
    ),
    gauge(
      'tested_duration',
      'The processing duration of the admission controller tests (float seconds)',
      tookMs / 1000,
    ),
    gauge(
      'render_ingresses',
      'The length of ingresses rendered by the admission controller',
      ingresses,
    ),
    gauge(
      'render_duration',
      'The processing duration of ingresses rendering by the admission controller (float seconds)',
      0,
    ),
    gauge('config_size', 'The size of the tested configuration', 0),
    gauge(
      'roundtrip_duration',
      'The complete duration of the admission controller at the time to process a new event (float seconds)',
      tookMs / 1000,
    ),
  ];
}

function certificateMetrics(
  certificates: readonly CertificateFacts[],
  print: Printer,
): readonly MetricSnapshot[] {
  const place = ({ host, namespace, secretName }: CertificateFacts) => ({
    ...CLASS,
    host,
    namespace,
    secret_name: secretName,
  });
  return [
    print(
      'ssl_expire_time_seconds',
      'gauge',
      'Number of seconds since 1970 to the SSL Certificate expire.',
    )(...certificates.map((each) => [place(each), each.expiresSeconds] as const)),
    print(
      'ssl_certificate_info',
      'gauge',
      'Hold all labels associated to a certificate',
    )(...certificates.map((each) => [{ ...place(each), ...identityOf(each) }, 1] as const)),
  ];
}

function identityOf(certificate: CertificateFacts): Readonly<Record<string, string>> {
  const { serialNumber, issuerCommonName, issuerOrganization, publicKeyAlgorithm } = certificate;
  return {
    identifier: `${certificate.host}-${serialNumber}`,
    issuer_common_name: issuerCommonName,
    issuer_organization: issuerOrganization,
    public_key_algorithm: publicKeyAlgorithm,
    serial_number: serialNumber,
  };
}
