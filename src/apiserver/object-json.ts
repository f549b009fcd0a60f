import type { KubeObject } from '../api/index.ts';
import { jsonWithManagers } from './managed-fields/index.ts';
import { apiVersionOf, type Target } from './context.ts';
import { representObject, type View } from './represent.ts';

/** `object` as JSON in the form of `view`, which is no Table, written once for all who want it so at the time. */
export function jsonOf(object: KubeObject, target: Target, view: View): string {
  return TEXTS.get(object, formOf(target, view), () =>
    jsonWithManagers(representObject(object, target, view)),
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

/** Of how many objects something is kept, and of as many before them: who wrote an object and those who watch it ask within a moment. */
const MAX_KEPT = 32;

/** What was made of the objects that were asked for last, by what it shows. */
class Kept<T> {
  #recent = new Map<KubeObject, Made<T>[]>();
  #before = new Map<KubeObject, Made<T>[]>();

  get(object: KubeObject, form: string, make: () => T): T {
    const ofObject = this.#of(object);
    for (const made of ofObject) if (made.form === form) return made.value;
    const value = make();
    ofObject.push({ form, value });
    return value;
  }

  #of(object: KubeObject): Made<T>[] {
    const known = this.#recent.get(object) ?? this.#before.get(object);
    if (known !== undefined) return known;
    if (this.#recent.size >= MAX_KEPT) {
      this.#before = this.#recent;
      this.#recent = new Map();
    }
    const ofObject: Made<T>[] = [];
    this.#recent.set(object, ofObject);
    return ofObject;
  }
}

/** What was made of an object in one form. */
interface Made<T> {
  readonly form: string;
  readonly value: T;
}

const TEXTS = new Kept<string>();
/** As they are sent: a thousand watchers share the bytes. */
const FRAMES = new Kept<Buffer>();
