import type { Secret } from '../../api/index.ts';
import type { Part } from './parts.ts';

/** A Secret with the sizes of its values: what they are is for `get -o yaml`, which nobody calls by chance. */
export function describeSecret({ type, data = {} }: Secret): readonly Part[] {
  return [
    ['Type', type ?? 'Opaque'],
    {
      title: 'Data',
      lines: Object.entries(data).map(
        ([key, value]) => `${key}:  ${Buffer.from(value, 'base64').length} bytes`,
      ),
    },
  ];
}
