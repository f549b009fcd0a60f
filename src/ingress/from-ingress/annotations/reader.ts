import type { ControllerOptions } from '../controller-options.ts';
import { readBoolean } from './accepts.ts';
import type { Annotation } from './annotation.ts';

/** Something about an annotation that its author should know. */
export interface AnnotationNote {
  /** The full key, with its prefix. */
  readonly key: string;
  /** `invalid`: no value it may have; `denied`: its routes answer 503; `ignored`, `refused`: it has no effect. */
  readonly kind: 'invalid' | 'denied' | 'ignored' | 'refused' | 'unknown';
  readonly message: string;
}

/** Objects that annotations refer to. */
export interface References {
  secret(namespace: string, name: string): Readonly<Record<string, string>> | undefined;
  configMap(namespace: string, name: string): Readonly<Record<string, string>> | undefined;
}

export interface AnnotationReaderOptions {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly controller: ControllerOptions;
  readonly references: References;
  readonly known: ReadonlyMap<string, Annotation>;
}

/** Annotations whose default stands in the controller's ConfigMap under the same name. @see ingress-nginx, defaults.Backend */
const DEFAULTED: ReadonlySet<string> = new Set([
  'app-root',
  'disable-proxy-intercept-errors',
  'limit-rate',
  'limit-rate-after',
  'preserve-trailing-slash',
  'proxy-buffer-size',
  'proxy-cookie-domain',
  'proxy-cookie-path',
  'proxy-redirect-from',
  'proxy-redirect-to',
  'relative-redirects',
  'service-upstream',
  'upstream-hash-by-subset',
  'upstream-hash-by-subset-size',
]);

/** The annotations of one Ingress, as the groups ask for them; keeps what is wrong with them. */
export class AnnotationReader {
  readonly namespace: string;
  readonly name: string;
  readonly controller: ControllerOptions;
  readonly notes: AnnotationNote[] = [];
  /** Why every route of the Ingress answers 503; undefined when none does. */
  denied: string | undefined;
  readonly #options: AnnotationReaderOptions;

  constructor(options: AnnotationReaderOptions) {
    this.#options = options;
    ({ namespace: this.namespace, name: this.name, controller: this.controller } = options);
  }

  /** The value, where it is one that the annotation may have. */
  text(name: string): string | undefined {
    const known = this.#options.known.get(name);
    for (const own of [name, ...(known?.aliases ?? [])]) {
      const value = this.raw(own);
      if (value === undefined || value === '') continue;
      if (known === undefined || known.accepts(value)) return value;
      this.#invalid(own, value);
      return this.#defaultOf(name);
    }
    return this.#defaultOf(name);
  }

  #defaultOf(name: string): string | undefined {
    if (!DEFAULTED.has(name)) return undefined;
    const value = this.controller.defaults[name];
    const known = this.#options.known.get(name);
    return value === undefined || value === '' || known?.accepts(value) === false
      ? undefined
      : value;
  }

  /** The value as written, lines trimmed. */
  raw(name: string): string | undefined {
    const value = this.#options.annotations[this.keyOf(name)];
    return value
      ?.split('\n')
      .map((line) => line.trim())
      .join('\n');
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : readBoolean(value);
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value);
  }

  /** With its prefix. */
  keyOf(name: string): string {
    return `${this.controller.annotationsPrefix}/${name}`;
  }

  /** Every route of the Ingress answers 503: what it asks for cannot be had, and serving without would be worse. */
  deny(name: string, why: string): void {
    this.denied ??= why;
    this.notes.push({ key: this.keyOf(name), kind: 'denied', message: why });
  }

  /** What a Secret holds, decoded; denies where it may not be read or is not there. */
  secret(name: string, reference: string): Readonly<Record<string, string>> | undefined {
    return this.#resolve(name, reference, 'secret');
  }

  /** What a ConfigMap holds; denies where it may not be read or is not there. */
  configMap(name: string, reference: string): Readonly<Record<string, string>> | undefined {
    return this.#resolve(name, reference, 'configMap');
  }

  #resolve(
    name: string,
    reference: string,
    kind: keyof References,
  ): Readonly<Record<string, string>> | undefined {
    const [first = '', second] = reference.split('/');
    const [namespace, object] = second === undefined ? [this.namespace, first] : [first, second];
    const what = `${kind === 'secret' ? 'Secret' : 'ConfigMap'} ${namespace}/${object}`;
    if (namespace !== this.namespace && !this.controller.isCrossNamespaceAllowed) {
      this.deny(name, `${what} is in another namespace (allow-cross-namespace-resources)`);
      return undefined;
    }
    const found = this.#options.references[kind](namespace, object);
    if (found === undefined) this.deny(name, `${what} is not there`);
    return found;
  }

  #invalid(name: string, value: string): void {
    const key = this.keyOf(name);
    if (this.notes.some((note) => note.key === key && note.kind === 'invalid')) return;
    this.notes.push({ key, kind: 'invalid', message: `"${value}" is no value of ${key}` });
  }
}
