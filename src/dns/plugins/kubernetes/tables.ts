import {
  DerivedTable,
  type EndpointSlice,
  type KindName,
  type KubeObject,
  type ObjectOf,
  type Pod,
  type Service,
  type Store,
  type StoreEvent,
} from '../../../api/index.ts';
import { MultiMap } from './multi-map.ts';
import type { KubernetesSettings } from './options.ts';
import {
  clusterIPsOf,
  compileService,
  compileServiceImport,
  compileSlice,
  IMPORTED_NAME_LABEL,
  outsideOf,
  SERVICE_NAME_LABEL,
  type ServiceRecords,
  type SliceRecords,
} from './records.ts';

const SERVICE_IMPORT = 'ServiceImport.multicluster.x-k8s.io';

/** A Pod, by its names. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** What a name can be answered from. */
export interface ClusterRecords {
  service(namespace: string, name: string): ServiceRecords | undefined;
  serviceImport(namespace: string, name: string): ServiceRecords | undefined;
  /** Whether the Namespace exists and is shown. */
  hasNamespace(namespace: string): boolean;
  /** Whether a running Pod of `namespace` has this address; known only where Pods are verified. */
  hasPod(namespace: string, address: string): boolean;
  /** Services with this cluster IP. */
  servicesAt(address: string): readonly ServiceRecords[];
  /** Slices with this ready address. */
  slicesAt(address: string): readonly SliceRecords[];
  /** Services that the outside world reaches at this address. */
  servicesOutsideAt(address: string): readonly ServiceRecords[];
  /** All Services, or all ServiceImports, in order of their names. */
  allServices(isImported: boolean): readonly ServiceRecords[];
  /** The running Pod with this address; known only where Pods are verified. */
  podAt(address: string): PodName | undefined;
  /** Milliseconds since 1970 of the last change to a Service or its endpoints. */
  readonly modifiedMs: number;
}

export interface TablesContext {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of every change that an answer may depend on: of a Service, or of all for none. @default nobody */
  readonly onChange?: (service?: string) => void;
}

/**
 * The records of a cluster, kept up to date: a change recomputes the Service it touches.
 */
export class KubernetesTables implements ClusterRecords, Disposable {
  readonly #store: Store;
  readonly #settings: KubernetesSettings;
  readonly #now: () => number;
  readonly #onChange: (service?: string) => void;
  readonly #services: DerivedTable<ServiceRecords>;
  readonly #imports: DerivedTable<ServiceRecords> | undefined;
  /** By `namespace/service`. */
  readonly #slices = new MultiMap<SliceRecords>();
  readonly #importedSlices = new MultiMap<SliceRecords>();
  readonly #slicesByAddress = new MultiMap<SliceRecords>();
  readonly #servicesByAddress = new MultiMap<string>();
  readonly #podsByAddress = new MultiMap<PodName>();
  readonly #outsideByAddress = new MultiMap<string>();
  readonly #watches: Disposable[] = [];
  #modifiedMs: number;

  constructor(settings: KubernetesSettings, { store, now, onChange = () => {} }: TablesContext) {
    this.#store = store;
    this.#settings = settings;
    this.#now = now;
    this.#onChange = onChange;
    this.#modifiedMs = now();
    // Slices are indexed before the tables below hear of them.
    const hasImports = settings.multicluster.size > 0;
    if (settings.hasEndpoints || hasImports)
      this.#watch('EndpointSlice', (event) => this.#onSlice(event), servicesOfSlice);
    this.#watch(
      'Service',
      (event) => this.#onService(event),
      (object) => [keyOf(object)],
    );
    this.#watch('Namespace', () => undefined);
    if (settings.pods === 'verified')
      this.#watch(
        'Pod',
        (event) => this.#onPod(event),
        () => [],
      );
    this.#services = this.#serviceTable();
    if (hasImports) {
      this.#watch(
        SERVICE_IMPORT,
        () => undefined,
        (object) => [keyOf(object)],
      );
      this.#imports = this.#importTable();
    }
  }

  get modifiedMs(): number {
    return this.#modifiedMs;
  }

  service(namespace: string, name: string): ServiceRecords | undefined {
    return this.#services.get(`${namespace}/${name}`);
  }

  serviceImport(namespace: string, name: string): ServiceRecords | undefined {
    return this.#imports?.get(`${namespace}/${name}`);
  }

  hasNamespace(namespace: string): boolean {
    const { namespaces, isNamespaceSelected } = this.#settings;
    if (namespaces?.has(namespace) === false) return false;
    const object = this.#store.get('Namespace', undefined, namespace);
    return object !== undefined && isNamespaceSelected(object.metadata.labels);
  }

  hasPod(namespace: string, address: string): boolean {
    return this.#podsByAddress.get(address).some((pod) => pod.namespace === namespace);
  }

  servicesAt(address: string): readonly ServiceRecords[] {
    return this.#servicesByAddress.get(address).flatMap((key) => this.#services.get(key) ?? []);
  }

  slicesAt(address: string): readonly SliceRecords[] {
    return this.#slicesByAddress.get(address);
  }

  servicesOutsideAt(address: string): readonly ServiceRecords[] {
    return this.#outsideByAddress.get(address).flatMap((key) => this.#services.get(key) ?? []);
  }

  allServices(isImported: boolean): readonly ServiceRecords[] {
    const table = isImported ? this.#imports : this.#services;
    const services = [...(table?.entries().values() ?? [])];
    return services.toSorted(
      (a, b) => compare(a.name, b.name) || compare(a.namespace, b.namespace),
    );
  }

  podAt(address: string): PodName | undefined {
    return this.#podsByAddress.get(address)[0];
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#services[Symbol.dispose]();
    this.#imports?.[Symbol.dispose]();
  }

  #serviceTable(): DerivedTable<ServiceRecords> {
    return new DerivedTable<ServiceRecords>({
      store: this.#store,
      inputs: [
        { kind: 'Service', keys: (object) => [keyOf(object)] },
        { kind: 'EndpointSlice', keys: (object) => sliceKeys(object, SERVICE_NAME_LABEL) },
      ],
      compute: (key, reader) => {
        const [namespace, name] = splitKey(key);
        const service = reader.get('Service', namespace, name);
        if (service === undefined || !this.#settings.isSelected(service.metadata.labels))
          return undefined;
        return compileService(service, this.#slices.get(key));
      },
    });
  }

  #importTable(): DerivedTable<ServiceRecords> {
    return new DerivedTable<ServiceRecords>({
      store: this.#store,
      inputs: [
        { kind: SERVICE_IMPORT, keys: (object) => [keyOf(object)] },
        { kind: 'EndpointSlice', keys: (object) => sliceKeys(object, IMPORTED_NAME_LABEL) },
      ],
      compute: (key, reader) => {
        const [namespace, name] = splitKey(key);
        const object = reader.get(SERVICE_IMPORT, namespace, name);
        // CoreDNS holds the labels of an import against the selector of namespaces.
        if (object === undefined || !this.#settings.isNamespaceSelected(object.metadata.labels))
          return undefined;
        return compileServiceImport(object, this.#importedSlices.get(key));
      },
    });
  }

  #watch<K extends KindName>(
    kind: K,
    listener: (event: StoreEvent<ObjectOf<K> & KubeObject>) => void,
    servicesOf?: (object: KubeObject) => readonly string[],
  ): void {
    const onEvent = (event: StoreEvent<ObjectOf<K> & KubeObject>): void => {
      this.#tell(event, servicesOf);
      listener(event);
    };
    this.#watches.push(this.#store.watch(kind, onEvent, { sendInitialEvents: true }));
  }

  /** A change of one Service leaves the answers of others as they are; without `servicesOf` it concerns all of them. */
  #tell(
    { object, old }: StoreEvent,
    servicesOf: ((object: KubeObject) => readonly string[]) | undefined,
  ): void {
    if (servicesOf === undefined) return this.#onChange();
    const services = [...servicesOf(object), ...(old === undefined ? [] : servicesOf(old))];
    // What belongs to none still counts for what depends on everything.
    for (const service of services.length === 0 ? [''] : new Set(services))
      this.#onChange(service.toLowerCase());
  }

  #onSlice({ type, object, old }: StoreEvent<EndpointSlice & KubeObject>): void {
    this.#modifiedMs = this.#now();
    if (old !== undefined || type === 'DELETED') this.#forgetSlice(old ?? object);
    if (type !== 'DELETED') this.#learnSlice(object);
  }

  #learnSlice(slice: EndpointSlice): void {
    const { labels } = slice.metadata;
    const id = keyOf(slice);
    const imported = labels?.[IMPORTED_NAME_LABEL];
    const { hasPodNames, hasEndpoints, isSelected } = this.#settings;
    if (!isSelected(labels)) return;
    if (imported !== undefined) {
      const records = compileSlice(slice, imported, hasPodNames);
      this.#importedSlices.set(`${records.namespace}/${imported}`, id, records);
    }
    const service = labels?.[SERVICE_NAME_LABEL];
    if (service === undefined || !hasEndpoints) return;
    const records = compileSlice(slice, service, hasPodNames);
    this.#slices.set(`${records.namespace}/${service}`, id, records);
    for (const { address } of records.endpoints) this.#slicesByAddress.set(address, id, records);
  }

  #forgetSlice(slice: EndpointSlice): void {
    const id = keyOf(slice);
    for (const key of sliceKeys(slice, IMPORTED_NAME_LABEL)) this.#importedSlices.delete(key, id);
    for (const key of sliceKeys(slice, SERVICE_NAME_LABEL)) this.#slices.delete(key, id);
    for (const { addresses } of slice.endpoints ?? [])
      for (const address of addresses) this.#slicesByAddress.delete(address, id);
  }

  #onService({ type, object, old }: StoreEvent<Service & KubeObject>): void {
    this.#modifiedMs = this.#now();
    const key = keyOf(object);
    for (const address of clusterIPsOf(old ?? object)) this.#servicesByAddress.delete(address, key);
    for (const address of outsideOf(old ?? object)) this.#outsideByAddress.delete(address, key);
    if (type === 'DELETED') return;
    for (const address of outsideOf(object)) this.#outsideByAddress.set(address, key, key);
    for (const address of clusterIPsOf(object)) this.#servicesByAddress.set(address, key, key);
  }

  #onPod({ type, object, old }: StoreEvent<Pod & KubeObject>): void {
    const key = keyOf(object);
    for (const address of podAddresses(old ?? object)) this.#podsByAddress.delete(address, key);
    if (type === 'DELETED' || !isRunning(object)) return;
    const { namespace = '', name } = object.metadata;
    for (const address of podAddresses(object))
      this.#podsByAddress.set(address, key, { namespace, name });
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a === b ? 0 : 1;
}

function keyOf({ metadata }: { readonly metadata: KubeObject['metadata'] }): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function splitKey(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

function sliceKeys(
  { metadata }: { readonly metadata: KubeObject['metadata'] },
  label: string,
): readonly string[] {
  const service = metadata.labels?.[label];
  return service === undefined ? [] : [`${metadata.namespace ?? ''}/${service}`];
}

function servicesOfSlice(slice: KubeObject): readonly string[] {
  return [...sliceKeys(slice, SERVICE_NAME_LABEL), ...sliceKeys(slice, IMPORTED_NAME_LABEL)];
}

function podAddresses({ status }: Pod): readonly string[] {
  const addresses = (status?.podIPs ?? []).flatMap(({ ip }) => ip ?? []);
  const { podIP } = status ?? {};
  return podIP === undefined || addresses.includes(podIP) ? addresses : [podIP, ...addresses];
}

/** CoreDNS watches Pods that may still serve, and drops those that end. */
function isRunning({ metadata, status }: Pod): boolean {
  const isOver = ['Succeeded', 'Failed', 'Unknown'].includes(status?.phase ?? '');
  return !isOver && metadata.deletionTimestamp === undefined;
}
