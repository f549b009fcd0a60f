import type { Flags, Message, ResourceRecord } from '../../../src/dns/index.ts';

export const FLAGS: Flags = {
  isResponse: true,
  opcode: 0,
  isAuthoritative: true,
  isTruncated: false,
  isRecursionDesired: true,
  isRecursionAvailable: false,
  isAuthentic: false,
  isCheckingDisabled: false,
  rcode: 0,
};

export function messageWith(
  answers: readonly ResourceRecord[],
  more: Partial<Message> = {},
): Message {
  return {
    id: 4711,
    flags: FLAGS,
    questions: [{ name: 'web.example.org.', type: 1, class: 1 }],
    answers,
    authority: [],
    additional: [],
    ...more,
  };
}
