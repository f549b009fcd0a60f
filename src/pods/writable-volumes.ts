import type { PersistentVolumeClaim, Pod, Volume } from '../api/index.ts';
import { FileTable } from './file-table.ts';

/** Where the files of a volume are. */
export interface VolumeTable {
  readonly table: FileTable;
  /** The path of the volume's own root in the table; '' for all of it. */
  readonly root: string;
}

/** The files that outlive Pods: those of persistent volumes, and of the Nodes. */
export class SharedVolumes {
  readonly #volumes = new Map<string, FileTable>();
  readonly #nodes = new Map<string, FileTable>();

  volume(name: string): FileTable {
    return tableIn(this.#volumes, name);
  }

  node(name: string): FileTable {
    return tableIn(this.#nodes, name);
  }

  /** The persistent volume is gone. */
  dropVolume(name: string): void {
    this.#volumes.delete(name);
  }

  /** The Node is gone, and its disk with it. */
  dropNode(name: string): void {
    this.#nodes.delete(name);
  }
}

export interface PodVolumesOptions {
  readonly shared: SharedVolumes;
  readonly claim: (namespace: string, name: string) => PersistentVolumeClaim | undefined;
}

/** The files of one Pod's volumes: its containers share them, and those of `emptyDir` go with it. */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  /** Most Pods write to none. */
  #own: Map<string, FileTable> | undefined;

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  /** @returns undefined for a volume that the API's objects fill: it cannot be written. */
  tableOf(volume: Volume, { metadata, spec }: Pod): VolumeTable | undefined {
    if (isFilledByApi(volume)) return undefined;
    const { shared, claim } = this.#options;
    const { hostPath, name } = volume;
    if (hostPath !== undefined)
      return { table: shared.node(spec?.nodeName ?? ''), root: hostPath.path };
    const claimName = claimOf(volume, metadata.name);
    const found = claimName && claim(metadata.namespace ?? 'default', claimName);
    const bound = found ? found.spec?.volumeName : undefined;
    return {
      table: bound ? shared.volume(bound) : tableIn((this.#own ??= new Map()), name),
      root: '',
    };
  }
}

function claimOf(
  { name, persistentVolumeClaim, ephemeral }: Volume,
  pod: string,
): string | undefined {
  return ephemeral === undefined ? persistentVolumeClaim?.claimName : `${pod}-${name}`;
}

function isFilledByApi({ configMap, secret, downwardAPI, projected, image }: Volume): boolean {
  return [configMap, secret, downwardAPI, projected, image].some((source) => source !== undefined);
}

function tableIn(tables: Map<string, FileTable>, name: string): FileTable {
  const known = tables.get(name);
  if (known !== undefined) return known;
  const table = new FileTable();
  tables.set(name, table);
  return table;
}
