/** The form of `ingress/ingress.json`; its own `meta` says what the fields mean. */
export interface IngressTable {
  readonly cases: readonly IngressCase[];
}

export interface IngressCase {
  readonly id: string;
  readonly group: string;
  readonly profile: 'spec' | 'nginx' | 'icc' | 'apiserver';
  readonly rank: 'must' | 'should' | 'skip';
  readonly ingresses: readonly IngressRow[];
  readonly env?: Environment;
  readonly request: RequestRow;
  readonly expect: Expectation;
}

/** `service:port`, `namespace/service:port`, or an IngressBackend. */
export type BackendRow = string | Readonly<Record<string, unknown>>;

export interface IngressRow {
  readonly name: string;
  readonly ns?: string;
  readonly class?: string;
  readonly noClass?: boolean;
  readonly created?: number;
  readonly deleted?: boolean;
  readonly ann?: Readonly<Record<string, string>>;
  readonly rules?: readonly {
    readonly host?: string;
    readonly paths: readonly (readonly [string | null, string, BackendRow])[];
  }[];
  readonly default?: BackendRow;
  readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secret?: string }[];
  /** Of an IngressClass. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly update?: Readonly<Record<string, string>>;
}

export interface ServiceRow {
  readonly type?: string;
  readonly externalName?: string;
  readonly ports?: readonly {
    readonly name?: string;
    readonly port: number;
    readonly targetPort?: number | string;
  }[];
  /** How many; or what it goes through: `1→0→1`. */
  readonly endpoints?: number | string;
  readonly notReady?: number;
  readonly terminatingServing?: number;
  readonly behaviour?: string;
  readonly tls?: string;
  readonly delayMs?: number;
  readonly chunks?: string;
  readonly status?: number;
  readonly responseHeaders?: Readonly<Record<string, string>>;
}

export interface SecretRow {
  readonly dns?: readonly string[];
  readonly auth?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly ca?: string;
  readonly 'ca.crt'?: boolean;
  readonly keys?: readonly string[];
  readonly updatedAfterStart?: boolean;
}

export interface Environment {
  readonly services?: Readonly<Record<string, ServiceRow | null>>;
  readonly secrets?: Readonly<Record<string, SecretRow>>;
  readonly classes?: Readonly<
    Record<string, { readonly controller?: string; readonly default?: boolean }>
  >;
  readonly configmap?: Readonly<Record<string, string>>;
  readonly configMaps?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly flags?: Readonly<Record<string, string>>;
  readonly webhook?: boolean;
  readonly authServer?: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

export interface RequestRow {
  readonly scheme?: 'http' | 'https';
  readonly host?: string | null;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly sni?: string | null;
  readonly protocol?: string;
  readonly httpVersion?: string;
  readonly tlsVersion?: string;
  readonly repeat?: number;
  readonly parallel?: boolean;
  readonly clientIP?: string;
  readonly clientIPs?: number;
  readonly basicAuth?: string;
  readonly body?: string;
  readonly bodyBytes?: number;
  readonly chunked?: boolean;
  readonly headerBytes?: number;
  readonly keepCookies?: boolean;
  readonly clientCert?: string;
  readonly grpc?: boolean;
  readonly idleSeconds?: number;
  readonly apiOperation?: string;
  readonly watch?: string;
  readonly event?: string;
  readonly status?: Readonly<Record<string, unknown>>;
}

export type Expectation = Readonly<Record<string, unknown>>;
