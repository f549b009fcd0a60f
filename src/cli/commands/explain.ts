import type { ExplainResult } from '../../control/index.ts';
import {
  EXIT,
  isJson,
  NAME_OPTION,
  NAMESPACE_OPTION,
  textOption,
  type Command,
  type ExitCode,
} from '../command.ts';
import { renderSteps } from '../render-steps.ts';
import { UsageError } from '../usage-error.ts';

/** `podlane explain`: every step from a name to the Pod that answers. */
export const explain: Command = {
  name: 'explain',
  usage: ["explain 'FROM -> TO' [-n NAMESPACE] [-o json]", 'explain TO'],
  description:
    'Walks a request through DNS, Service, endpoints, policy and Pod, and tells each step with its reason.\nFROM is a Pod: pod, namespace/pod, deploy/web or namespace/deploy/web (any of its Pods); without it the request comes from outside.\nTO is a URL, a name or an address, with a port.',
  options: {
    ...NAME_OPTION,
    ...NAMESPACE_OPTION,
    output: { type: 'string', short: 'o', value: 'FORMAT', help: 'json' },
  },
  examples: [
    "explain 'default/frontend -> http://api:8080/healthz'",
    "explain 'deploy/web -> redis:6379'",
    'explain http://guestbook.example.org/',
  ],
  run: async ({ positionals, values, terminal, client }) => {
    const isForMachines = isJson(values, 'explain');
    const { from, to } = readEdge(positionals);
    const result = await client().call('explain', {
      ...(from === undefined ? {} : { from }),
      to,
      namespace: textOption(values, 'namespace') ?? 'default',
    });
    if (isForMachines) terminal.out(JSON.stringify(result));
    else
      terminal.out(
        `${result.from} -> ${result.to}\n${renderSteps(result.steps, terminal)}\n${result.summary}`,
      );
    return exitCodeOf(result);
  },
};

/** `FROM -> TO` in one word or several; the shell's `>` must be quoted or the arrow written `to`. */
export function readEdge(positionals: readonly string[]): {
  readonly from?: string;
  readonly to: string;
} {
  const words = positionals.join(' ').split(/\s*(?:->|→)\s*|\s+to\s+/);
  const [first = '', second, more] = words.map((word) => word.trim());
  if (first === '' && (second ?? '') === '')
    throw new UsageError(
      'podlane explain: nothing to explain',
      "Name where to: `podlane explain 'default/web -> http://api'`.",
    );
  if (more !== undefined || second === '' || /\s/.test(first) || /\s/.test(second ?? '')) {
    throw new UsageError(
      `podlane explain: "${positionals.join(' ')}" is not FROM -> TO`,
      "Quote the arrow, or the shell takes it: `podlane explain 'default/web -> http://api'`.",
    );
  }
  if (second === undefined) return { to: first };
  return first === '' ? { to: second } : { from: first, to: second };
}

function exitCodeOf({ verdict }: ExplainResult): ExitCode {
  return verdict === 'answered' || verdict === 'delivered' ? EXIT.Ok : EXIT.Unreachable;
}
