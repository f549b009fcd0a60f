import type { Answer } from '../../answer.ts';
import { onAnswer, type Resolve } from '../../chain.ts';
import { lookUp } from '../../look-up.ts';
import { absolute } from '../../names.ts';
import type { Query } from '../../query.ts';
import { TYPE, type ResourceRecord } from '../../wire/index.ts';
import type { ResponseRule } from './rule.ts';

/** What answers are put back with. */
export interface RevertContext {
  /** As rewritten. */
  readonly query: Query;
  readonly resolve: Resolve;
}

/** `answer` to the rewritten query, as the client shall see it: the rules that came last act first. */
export function revert(
  answer: Answer,
  rules: readonly ResponseRule[],
  context: RevertContext,
): ReturnType<Resolve> {
  const last = rules.at(-1);
  if (last === undefined) return answer;
  const rest = rules.slice(0, -1);
  return onAnswer(apply(answer, last, context), (changed) =>
    changed === undefined ? undefined : revert(changed, rest, context),
  );
}

function apply(answer: Answer, rule: ResponseRule, context: RevertContext): ReturnType<Resolve> {
  switch (rule.kind) {
    case 'record':
      return {
        ...answer,
        answers: answer.answers.map(rule.change),
        authority: answer.authority.map(rule.change),
        additional: answer.additional.map(rule.change),
      };
    case 'rcode':
      return answer.rcode === rule.from ? { ...answer, rcode: rule.to } : answer;
    case 'alias':
      return leadElsewhere(answer, rule.targetFor, context);
    case 'option':
      return withOption(answer, rule);
    default:
      return rule satisfies never;
  }
}

/** The first alias that the rule is for gets another target, and what that one holds follows. */
function leadElsewhere(
  answer: Answer,
  targetFor: (target: string) => string | undefined,
  { query, resolve }: RevertContext,
): ReturnType<Resolve> {
  const aliases = answer.answers.filter(({ type }) => type === TYPE.CNAME);
  const kept: ResourceRecord[] = [];
  for (const alias of aliases) {
    const target = alias.rdata.kind === 'name' ? targetFor(alias.rdata.target) : undefined;
    if (target === undefined) {
      kept.push(alias);
      continue;
    }
    const name = absolute(target);
    kept.push({ ...alias, rdata: { kind: 'name', target: name } });
    return onAnswer(lookUp(resolve, query, { name, type: query.qtype }), (found) =>
      found === undefined
        ? answer
        : {
            ...unstable(answer),
            answers: [...kept, ...found.answers],
            isTruncated: found.isTruncated ?? false,
          },
    );
  }
  return answer;
}

/** What holds more than the tables say changes with more than them. */
export function unstable(answer: Answer): Answer {
  const { isStable: _, ...rest } = answer;
  return rest;
}

function withOption(
  answer: Answer,
  { code, original }: ResponseRule & { readonly kind: 'option' },
): Answer {
  const { ednsOptions = [] } = answer;
  return {
    ...answer,
    ednsOptions: ednsOptions.flatMap((option) => {
      if (option.code !== code) return [option];
      return original === undefined ? [] : [{ code, data: original }];
    }),
  };
}
