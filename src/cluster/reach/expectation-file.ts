import { readFile } from 'node:fs/promises';
import type { ExpectRequest } from '../../control/index.ts';
import { PodlaneError } from '../../net/index.ts';
import { readExpectations, type Expectation } from './read-expectations.ts';

/** The expectations of a file. @throws PodlaneError `ERR_OPTION`, with the place where one is known. */
export async function readExpectationFile({
  file,
  shown,
  input,
}: Pick<ExpectRequest, 'file' | 'shown' | 'input'>): Promise<readonly Expectation[]> {
  return readExpectations(input ?? (await readText(file, shown)), shown);
}

async function readText(file: string, shown: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read: ${code}`;
    throw new PodlaneError('ERR_OPTION', `--expect ${shown}: ${why}`, { cause });
  }
}
