import type { KubeObject } from '../../api/index.ts';

/** How often the webhook has let one Ingress in and kept it out. */
export interface IngressChecks {
  readonly namespace: string;
  readonly ingress: string;
  readonly accepted: number;
  readonly refused: number;
}

/** What the webhook of ingress-nginx has done so far. */
export interface AdmissionFacts {
  readonly checks: readonly IngressChecks[];
  /** The last Ingress that it let in; undefined before the first. */
  readonly last: { readonly ingresses: number; readonly tookMs: number } | undefined;
}

export interface AdmissionCheck {
  readonly object: KubeObject;
  readonly isAccepted: boolean;
  /** Ingresses that it is one of. */
  readonly ingresses: number;
  readonly tookMs: number;
}

/** Names are made up by clients, also those of what is kept out. */
const MOST_INGRESSES = 10_000;

/** Counts what the webhook does; an Ingress is forgotten when it is gone. */
export class AdmissionRecord {
  readonly #checks = new Map<string, IngressChecks>();
  #last: AdmissionFacts['last'];

  get facts(): AdmissionFacts {
    return { checks: [...this.#checks.values()], last: this.#last };
  }

  add({ object, isAccepted, ingresses, tookMs }: AdmissionCheck): void {
    if (isAccepted) this.#last = { ingresses, tookMs };
    if (this.#checks.size >= MOST_INGRESSES && !this.#checks.has(keyOf(object))) return;
    const { namespace = '', name: ingress } = object.metadata;
    const { accepted = 0, refused = 0 } = this.#checks.get(keyOf(object)) ?? {};
    this.#checks.set(keyOf(object), {
      namespace,
      ingress,
      accepted: accepted + Number(isAccepted),
      refused: refused + Number(!isAccepted),
    });
  }

  forget(object: KubeObject): void {
    this.#checks.delete(keyOf(object));
  }
}

function keyOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
