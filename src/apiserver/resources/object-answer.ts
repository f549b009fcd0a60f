import type { KubeObject } from '../../api/index.ts';
import type { Target } from '../context.ts';
import { jsonOf } from '../object-json.ts';
import { representObject, type View } from '../represent.ts';
import type { ApiResponse } from '../request.ts';

/** The answer that is one stored object, as the client wants it. */
export function objectAnswer(
  object: KubeObject,
  target: Target,
  {
    view,
    ...rest
  }: { readonly view: View; readonly status: number; readonly warnings?: readonly string[] },
): ApiResponse {
  const { format, as } = view.form;
  if (format !== 'json' || as === 'Table')
    return { ...rest, kind: 'object', object: representObject(object, target, view) };
  const bytes = `${jsonOf(object, target, view)}\n`;
  return { ...rest, kind: 'bytes', contentType: 'application/json', bytes };
}
