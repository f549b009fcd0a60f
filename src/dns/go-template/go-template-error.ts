import { PodlaneError } from '../../net/index.ts';

/** Why a template cannot be used, or could not be filled in. */
export class GoTemplateError extends PodlaneError {
  override readonly name = 'GoTemplateError';

  constructor(what: string) {
    super('ERR_TEMPLATE', `template: ${what}`);
  }
}
