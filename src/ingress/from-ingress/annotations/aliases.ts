import { isRegexText } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';

/** More names of a host. */
export const aliases: AnnotationGroup = {
  name: 'Aliases',
  annotations: [
    {
      name: 'server-alias',
      risk: 'High',
      accepts: (value) => value.split(',').every((name) => isRegexText(name.trim())),
      effect: 'more names for the hosts of this Ingress, where no other Ingress has them',
    },
  ],
  read: (reader) => ({
    aliases: (reader.text('server-alias') ?? '').split(',').flatMap((part) => {
      const name = part.trim();
      if (name === '') return [];
      return [name.startsWith('~') ? name : name.toLowerCase()];
    }),
  }),
};
