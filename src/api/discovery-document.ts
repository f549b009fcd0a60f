import { readDataFile } from './data-file.ts';

/** The parts of an `APIGroupDiscoveryList` (v2) that are read here. */
export interface DiscoveryDocument {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources: readonly DiscoveryResource[];
    }[];
  }[];
}

export interface DiscoveryResource {
  readonly resource: string;
  readonly responseKind: { readonly kind: string };
  readonly scope: 'Cluster' | 'Namespaced';
  readonly singularResource: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources?: readonly { readonly subresource: string }[];
}

let document: DiscoveryDocument | undefined;

/** The API's groups besides core, from `data/` at the package's root; read once. */
export function discoveryDocument(): DiscoveryDocument {
  document ??= JSON.parse(readDataFile('discovery-1.36.json')) as DiscoveryDocument;
  return document;
}
