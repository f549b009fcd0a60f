import { isSourceList, oneOf } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';
import { readCidrs } from './source-ranges.ts';

/** Who may ask, by address. */
export const access: AnnotationGroup = {
  name: 'Access',
  annotations: [
    {
      name: 'allowlist-source-range',
      aliases: ['whitelist-source-range'],
      risk: 'Medium',
      accepts: isSourceList,
      effect: '403 for clients of other addresses',
    },
    {
      name: 'denylist-source-range',
      risk: 'Medium',
      accepts: isSourceList,
      effect: '403 for clients of these addresses, looked at before the allow list',
    },
    {
      name: 'satisfy',
      risk: 'Low',
      accepts: oneOf('any', 'all'),
      effect: 'any: an allowed address or an authorised user suffices',
    },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const allowSources = ranges(reader, 'allowlist-source-range', reader.controller.allowSources);
  const denySources = ranges(reader, 'denylist-source-range', reader.controller.denySources);
  return {
    policy: {
      ...(allowSources === undefined ? {} : { allowSources }),
      ...(denySources === undefined ? {} : { denySources }),
      ...(reader.text('satisfy')?.trim().toLowerCase() === 'any' ? { satisfy: 'any' } : {}),
    },
  };
}

/** A list that cannot be read denies everybody: to serve without it would let anybody in. */
function ranges(
  reader: AnnotationReader,
  name: string,
  otherwise: string | undefined,
): readonly string[] | undefined {
  const problems = reader.notes.length;
  const value = reader.text(name);
  if (reader.notes.length > problems) {
    reader.deny(name, `the list of ${name} cannot be read`);
    return undefined;
  }
  const text = value ?? otherwise;
  return text === undefined ? undefined : readCidrs(text);
}
