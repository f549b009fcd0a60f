import type { KubeObject } from '../api/index.ts';
import { apiVersionOf, type Target } from './context.ts';
import { representObject, type View } from './represent.ts';

/** How many objects' texts are kept: who wrote an object and those who watch it ask within a moment. */
const MAX_KEPT = 64;

/** Texts by what they show, of the objects that were asked for last; the oldest goes first. */
const kept = new Map<KubeObject, Map<string, string>>();

/** `object` as JSON in the form of `view`, which is no Table, written once for all who want it so at the time. */
export function jsonOf(object: KubeObject, target: Target, view: View): string {
  return textOf(object, formOf(target, view), () =>
    JSON.stringify(representObject(object, target, view)),
  );
}

/** As `jsonOf`, in the frame of a watch's event. @param type `ADDED` and the like */
export function frameOf(
  type: string,
  object: KubeObject,
  { target, view }: { readonly target: Target; readonly view: View },
): string {
  return textOf(
    object,
    `${type} ${formOf(target, view)}`,
    () => `{"type":"${type}","object":${jsonOf(object, target, view)}}\n`,
  );
}

/** Some objects are served in several groups, so that a version alone says too little. */
function formOf(target: Target, { form }: View): string {
  const apiVersion = apiVersionOf(target);
  return form.as === undefined ? apiVersion : `${apiVersion} ${form.as} ${form.version}`;
}

function textOf(object: KubeObject, form: string, write: () => string): string {
  const texts = textsOf(object);
  const known = texts.get(form);
  if (known !== undefined) return known;
  const text = write();
  texts.set(form, text);
  return text;
}

function textsOf(object: KubeObject): Map<string, string> {
  const known = kept.get(object);
  if (known !== undefined) return known;
  if (kept.size >= MAX_KEPT)
    for (const oldest of kept.keys()) {
      kept.delete(oldest);
      break;
    }
  const texts = new Map<string, string>();
  kept.set(object, texts);
  return texts;
}
