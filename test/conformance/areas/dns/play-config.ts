import type { Store } from '../../../../src/api/index.ts';
import { PodlaneError } from '../../../../src/net/index.ts';
import type { CaseResult } from '../../area.ts';
import type { ConfigCase } from './table.ts';
import { createNames } from './world.ts';

/** Plays one row of `configCases`: whether a Corefile can be taken into service, and what is said when not. */
export async function playConfig(row: ConfigCase, store: Store): Promise<CaseResult> {
  const { id, corefile, valid, errorContains = '', env = {} } = row;
  await using dns = createNames({ store, server: {}, now: Date.now, variables: env });
  const said = await dns.load({ file: 'Corefile', text: corefile }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof PodlaneError) return error;
      throw error;
    },
  );
  const isRight = valid ? said === undefined : said?.message.includes(errorContains) === true;
  return {
    id,
    title: valid ? 'is accepted' : `is refused: ${errorContains}`,
    ok: isRight,
    expected: { valid, errorContains },
    actual: said === undefined ? 'accepted' : { message: said.message, position: said.position },
  };
}
