import type { KubeObject } from '../../api/index.ts';
import type { ApiContext } from '../context.ts';
import type { Patience } from './patience.ts';

/** What a patch came to. */
export interface Patched {
  readonly object: KubeObject;
  /** 201 when an apply made the object. */
  readonly status: 200 | 201;
  readonly warnings: readonly string[];
}

/** Where a patch is carried out. */
export interface PatchContext {
  readonly context: ApiContext;
  readonly patience: Patience;
}
