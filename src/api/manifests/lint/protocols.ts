import { describeObject } from '../describe-object.ts';
import type { Problem } from '../problem.ts';
import type { LintRule } from './rule.ts';

/** Ports of Services that nothing listens for here, however right they are. */
export const lintProtocols: LintRule = (input) =>
  input.ofKind('Service').flatMap((document) =>
    (document.object.spec?.ports ?? []).flatMap(({ port, protocol }, index): readonly Problem[] =>
      protocol === 'SCTP'
        ? [
            {
              severity: 'warning',
              message: `port ${port} is SCTP, which is not carried in userspace: the runtime has no sockets for it`,
              position: document.positionOf(`spec.ports[${index}].protocol`),
              object: describeObject(document.object),
              hint: 'Names and decisions are told (podlane explain sctp://NAME:PORT); connections are not made.',
            },
          ]
        : [],
    ),
  );
