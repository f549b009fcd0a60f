import type { KubeObject } from '../api/index.ts';
import { apiVersionOf, type Target } from './context.ts';
import { representObject, type View } from './represent.ts';

/** `object` as JSON in the form of `view`, which is no Table, written once for all who want it so at the time. */
export function jsonOf(object: KubeObject, target: Target, view: View): string {
  return TEXTS.get(object, formOf(target, view), () =>
    JSON.stringify(representObject(object, target, view)),
  );
}

/** As `jsonOf`, in the frame of a watch's event. @param type `ADDED` and the like */
export function frameOf(
  type: string,
  object: KubeObject,
  { target, view }: { readonly target: Target; readonly view: View },
): Buffer {
  return FRAMES.get(object, `${type} ${formOf(target, view)}`, () =>
    Buffer.from(`{"type":"${type}","object":${jsonOf(object, target, view)}}\n`),
  );
}

/** Some objects are served in several groups, so that a version alone says too little. */
function formOf(target: Target, { form }: View): string {
  const apiVersion = apiVersionOf(target);
  return form.as === undefined ? apiVersion : `${apiVersion} ${form.as} ${form.version}`;
}

/** Of how many objects something is kept: who wrote an object and those who watch it ask within a moment. */
const MAX_KEPT = 64;

/** What was made of the objects that were asked for last, by what it shows; the oldest goes first. */
class Kept<T> {
  readonly #byObject = new Map<KubeObject, Map<string, T>>();

  get(object: KubeObject, form: string, make: () => T): T {
    const ofObject = this.#of(object);
    const known = ofObject.get(form);
    if (known !== undefined) return known;
    const made = make();
    ofObject.set(form, made);
    return made;
  }

  #of(object: KubeObject): Map<string, T> {
    const known = this.#byObject.get(object);
    if (known !== undefined) return known;
    if (this.#byObject.size >= MAX_KEPT)
      for (const oldest of this.#byObject.keys()) {
        this.#byObject.delete(oldest);
        break;
      }
    const ofObject = new Map<string, T>();
    this.#byObject.set(object, ofObject);
    return ofObject;
  }
}

const TEXTS = new Kept<string>();
/** As they are sent: a thousand watchers share the bytes. */
const FRAMES = new Kept<Buffer>();
